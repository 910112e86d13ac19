import { X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import type { Clock } from '../world/clock';
import type { Json, JsonObject } from '../world/json';
import type { Post } from '../wire/post';
import { enrollmentView, initialTwinOf, sameHost, type Enrollment, type InitialTwin } from './enrollment';
import { DPS_ERRORS } from './errors';
import { AllocationError } from './hub-link';
import type { Assignment, Proof } from './registration';

/** Most that is read of an answer: a twin of the largest size, and a payload. */
const LARGEST_ANSWER = 256 * 1024;

/** What a webhook is asked about. */
export interface AllocationRequest {
  readonly enrollment: Enrollment;
  readonly registrationId: string;
  readonly proof: Proof;
  /** Where the device is now. */
  readonly current: Assignment | undefined;
  readonly payload: Json | undefined;
  /** Host names that it may choose from. */
  readonly linkedHubs: readonly string[];
}

export interface AllocationAnswer {
  readonly iotHubHostName: string;
  readonly initialTwin: InitialTwin | undefined;
  readonly payload: Json | undefined;
}

const AnyObject = z.record(z.string(), z.unknown()).transform((value) => value as JsonObject); // parsed from JSON
const Answer = z.object({
  iotHubHostName: z.string(),
  initialTwin: z
    .object({ tags: AnyObject.nullish(), properties: z.object({ desired: AnyObject.nullish() }).nullish() })
    .nullish(),
  payload: z
    .unknown()
    .transform((value) => value as Json | undefined) // as before
    .optional(),
});

/**
 * Asks the enrollment's webhook for a hub. Over https its certificate is verified.
 *
 * @throws AllocationError 400207 for any answer but 200 with a hub of the list, and for none within `timeoutMs`
 * @see iot-dps/concepts-custom-allocation.md
 */
export async function askWebhook(
  request: AllocationRequest,
  { clock, post }: { readonly clock: Clock; readonly post: Post },
  timeoutMs: number,
): Promise<AllocationAnswer> {
  const controller = new AbortController();
  const cancel = clock.at(clock.now() + timeoutMs, () => controller.abort());
  try {
    return answerOf(request, await textFrom(request, post, controller.signal));
  } catch (error) {
    if (error instanceof AllocationError) throw error;
    throw failed(controller.signal.aborted ? 'it did not answer in time' : 'it could not be reached');
  } finally {
    cancel();
  }
}

async function textFrom(request: AllocationRequest, post: Post, signal: AbortSignal): Promise<string> {
  const url = request.enrollment.customAllocationDefinition?.webhookUrl ?? '';
  const response = await post(url, JSON.stringify(requestBody(request)), signal);
  if (response.statusCode !== 200) {
    response.destroy();
    throw allocationFailed(`Custom allocation failed with status code: ${response.statusCode ?? 0}`);
  }
  return textOf(response);
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    chunks.push(chunk as Buffer); // no encoding is set
    bytes += (chunk as Buffer).length;
    if (bytes > LARGEST_ANSWER) throw failed('its answer is too large');
  }
  return Buffer.concat(chunks).toString();
}

function answerOf({ linkedHubs }: AllocationRequest, text: string): AllocationAnswer {
  const parsed = Answer.safeParse(jsonOf(text));
  if (!parsed.success) throw failed('its answer is no allocation');
  const { iotHubHostName, initialTwin, payload } = parsed.data;
  const hub = linkedHubs.find((name) => sameHost(name, iotHubHostName));
  if (hub === undefined) throw failed(`'${iotHubHostName}' is none of the linked hubs`);
  return {
    iotHubHostName: hub,
    initialTwin: initialTwin ? initialTwinOf(initialTwin) : undefined,
    payload: payload ?? undefined,
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const allocationFailed = (message: string): AllocationError =>
  new AllocationError(DPS_ERRORS.CustomAllocationFailed[1], message);
/** A webhook that could not be asked, as its caller sees it. */
export const webhookFailed = (why: string): AllocationError => allocationFailed(`Custom allocation failed with ${why}`);
const failed = (why: string): AllocationError => allocationFailed(`Custom allocation failed: ${why}.`);

/** The AllocationRequest. The record goes without keys and with the webhook's query masked. */
export function requestBody(request: AllocationRequest): JsonObject {
  const { enrollment, registrationId, current, payload, linkedHubs } = request;
  const record = maskedView(enrollment);
  return {
    ...(enrollment.kind === 'individual' ? { individualEnrollment: record } : { enrollmentGroup: record }),
    deviceRuntimeContext: {
      registrationId,
      ...(current !== undefined && { currentIotHubHostName: current.hub, currentDeviceId: current.deviceId }),
      ...contextOf(request.proof),
      ...(payload !== undefined && { payload }),
    },
    linkedHubs,
  };
}

function maskedView(enrollment: Enrollment): JsonObject {
  const { customAllocationDefinition: definition } = enrollment;
  if (definition === undefined) return enrollmentView(enrollment);
  const webhookUrl = definition.webhookUrl.replace(/\?.*$/s, '?****');
  return { ...enrollmentView(enrollment), customAllocationDefinition: { ...definition, webhookUrl } };
}

/** A certificate goes as the base64 of its DER, as webhooks of users read it (`x509.clientCertificate`). */
const contextOf = (proof: Proof): JsonObject =>
  proof.type === 'symmetricKey'
    ? { symmetricKey: {} }
    : { x509: { clientCertificate: new X509Certificate(proof.certificate).raw.toString('base64') } };
