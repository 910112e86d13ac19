import { z } from 'zod';
import { stampOf } from '../../world/time';
import { HubError } from '../errors';
import { blobOf, sasOf, type UploadPlace } from '../files/blob-access';
import type { Hub } from '../hub';
import { callerOf } from './device-call';
import { parse } from './parse';
import type { AddRoute, HubCall } from './route';

const Begin = z.object({ blobName: z.string().min(1) });
/** Blob names have at most this many characters; the device's id stands before the name it asks for. */
const LONGEST_NAME = 1024;

const Report = z.object({
  correlationId: z.string().optional(),
  isSuccess: z.boolean(),
  statusCode: z.number().optional(),
  statusDescription: z.string().nullish(),
});

/** How devices upload files (iot-hub/iot-hub-devguide-file-upload.md). */
export function deviceFileRoutes(add: AddRoute): void {
  const route = { right: 'DeviceConnect', style: 'twin', everyTier: true } as const;
  add('POST', '/devices/:id/files', route, begin);
  // The correlation id stands in the path (Node) or in the body (Python, Java, the documentation).
  add('POST', '/devices/:id/files/notifications', route, end);
  add('POST', '/devices/:id/files/notifications/:correlationId', route, end);
}

async function begin(call: HubCall): Promise<unknown> {
  const { hub } = call;
  const { identity } = callerOf(call);
  const settings = settingsOf(hub);
  const blobName = `${identity.deviceId}/${parse(Begin, call.body).blobName}`;
  if (blobName.length > LONGEST_NAME) throw new HubError('ArgumentInvalid', 'The name of the blob is too long.');
  const uri = await orMisconfigured(sasOf(hub.blobs, settings, blobName));
  const correlationId = hub.uploads.begin(identity, blobName, settings.sasTtlMs);
  const { hostname, search } = uri;
  return { correlationId, hostName: hostname, containerName: settings.containerName, blobName, sasToken: search };
}

/** Takes the device's word for how it went; services are told of what succeeded, if the hub is set to do so. */
async function end(call: HubCall): Promise<void> {
  const { hub, params } = call;
  const { identity } = callerOf(call);
  const report = parse(Report, call.body);
  const settings = settingsOf(hub);
  const upload = hub.uploads.end(identity, params.correlationId ?? report.correlationId ?? '');
  if (upload === undefined) throw badRequest();
  if (report.isSuccess && settings.notifies) await tell(hub, settings, upload);
}

async function tell(
  hub: Hub,
  settings: UploadPlace,
  { deviceId, blobName }: { readonly deviceId: string; readonly blobName: string },
): Promise<void> {
  const blob = await orMisconfigured(Promise.resolve().then(() => blobOf(hub.blobs, settings, blobName)));
  const { contentLength = 0, lastModified } = await orMisconfigured(blob.getProperties());
  hub.fileNotifications.push({
    deviceId,
    blobUri: blob.url,
    blobName,
    lastUpdatedTime: (lastModified ?? new Date(0)).toISOString(),
    blobSizeInBytes: contentLength,
    enqueuedTimeUtc: stampOf(hub.clock.now()),
  });
}

function settingsOf({ settings }: Hub): UploadPlace {
  if (settings.fileUpload === undefined) throw badRequest();
  return { ...settings.fileUpload, resourceId: settings.resourceId };
}

/** In the service's own words, which say no more (azure-iot-sdk-csharp issue 2936, azure-iot-sdk-node issue 1153). */
const badRequest = (): HubError => new HubError('InvalidStorageEndpointOrBlob', 'BadRequest');

/** The storage account or blob that the hub is set to use is not there, or does not let the hub in. */
async function orMisconfigured<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch {
    throw badRequest();
  }
}
