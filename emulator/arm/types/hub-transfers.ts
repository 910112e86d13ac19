import { z } from 'zod';

import { HubError } from '../../hub/errors';
import { transferSpecOf } from '../../hub/transfers/spec';
import { type Transfer } from '../../hub/transfers/transfers';
import { stampOf } from '../../world/time';
import type { ArmContext } from '../context';
import { parseBody } from '../envelope';
import { badDescription, DevicesError } from '../errors';
import { type ArmAnswer, type ArmRequest, type Handler, listOf, ok, type ResourceType } from '../resource-type';
import { hubOf, IOT_HUBS } from './iot-hubs';

const text = z.string().nullish();
const common = {
  authenticationType: text,
  identity: z.unknown().optional(),
  includeConfigurations: z.boolean().nullish(),
  configurationsBlobName: text,
};

/** arm-iothub, ExportDevicesRequest and ImportDevicesRequest. */
const exportRequest = z.looseObject({
  ...common,
  exportBlobContainerUri: z.string(),
  excludeKeys: z.boolean(),
  exportBlobName: text,
});
const importRequest = z.looseObject({
  ...common,
  inputBlobContainerUri: z.string(),
  outputBlobContainerUri: z.string(),
  inputBlobName: text,
  outputBlobName: text,
});

/** arm-iothub, JobResponse. */
const jobResponse = ({ jobId, spec, status, startedAt, endedAt, failureReason }: Transfer): object => ({
  jobId,
  startTimeUtc: stampOf(startedAt),
  ...(endedAt !== undefined && { endTimeUtc: stampOf(endedAt) }),
  type: spec.type,
  status,
  ...(failureReason !== undefined && { failureReason }),
});

/** A refusal of the hub, as the provider words it. */
function translated(error: unknown): never {
  if (error instanceof HubError) throw new DevicesError(error.status, String(error.code), error.name, error.message);
  throw error;
}

/** The service API's body; both name the same things. */
type ServiceBody = (request: ArmRequest) => Readonly<Record<string, unknown>>;

const exportBody: ServiceBody = (request) => {
  const { exportBlobContainerUri, exportBlobName, excludeKeys, authenticationType, ...rest } = parseBody(
    exportRequest,
    request.body,
    badDescription,
  );
  const names = { outputBlobContainerUri: exportBlobContainerUri, outputBlobName: exportBlobName };
  const keys = { excludeKeysInExport: excludeKeys, storageAuthenticationType: authenticationType };
  return { ...rest, ...names, ...keys, type: 'export' };
};

const importBody: ServiceBody = (request) => {
  const { authenticationType, ...rest } = parseBody(importRequest, request.body, badDescription);
  return { ...rest, storageAuthenticationType: authenticationType, type: 'import' };
};

const start =
  (context: ArmContext, bodyOf: ServiceBody): Handler =>
  async (request): Promise<ArmAnswer | undefined> => {
    const hub = hubOf(context, request);
    if (hub === undefined) return undefined;
    const body = bodyOf(request);
    const begin = async (): Promise<Transfer> => hub.transfers.create(transferSpecOf(body));
    return ok(jobResponse(await begin().catch(translated)));
  };

/** `POST …/exportDevices` and `…/importDevices`: the hub's jobs v1 by another door. */
export const transferActions = (context: ArmContext): NonNullable<ResourceType['actions']> => ({
  exportdevices: start(context, exportBody),
  importdevices: start(context, importBody),
});

/** `GET …/jobs` and `…/jobs/{jobId}`. */
export const hubJobs = (context: ArmContext): ResourceType => ({
  type: `${IOT_HUBS}/jobs`,
  list: (request) => {
    const hub = hubOf(context, request);
    return hub && listOf(hub.transfers.list().map(jobResponse));
  },
  get: (request) => {
    const wanted = request.path.names[1] ?? '';
    const found = hubOf(context, request)
      ?.transfers.list()
      .find(({ jobId }) => jobId === wanted);
    if (found !== undefined) return ok(jobResponse(found));
    throw new DevicesError(404, '404002', 'NotFound', `The hub has no job '${wanted}'.`);
  },
});
