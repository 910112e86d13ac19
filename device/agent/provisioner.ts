import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import { ProvisioningDeviceClient, type RegistrationResult } from 'azure-iot-provisioning-device';
import { Http } from 'azure-iot-provisioning-device-http';
import { SymmetricKeySecurityClient } from 'azure-iot-security-symmetric-key';
import { X509Security } from 'azure-iot-security-x509';
import { tokenFor } from './credentials';
import { StatusError } from './failure';
import type { Credentials, Home, Scope } from './types';

/** How long the service may take to answer; the SDK's own limit for a registration is the same. */
const ANSWER_WITHIN_MS = 30_000;
/** Of the device API. Source: azure-rest-api-specs, deviceprovisioningservices/data-plane, device. */
const API_VERSION = '2021-06-01';

/** A device, as its provisioning service knows it. */
export interface Registrant {
  readonly registrationId: string;
  readonly credentials: Credentials;
}

/**
 * Registers the device with the SDK, over HTTPS: over MQTT the SDK itself repeats what the service refuses with 429 or 5xx,
 * every two seconds and for ever, and the rules of `retry.ts` could not hold.
 *
 * @throws the SDK's error, which `failureOf` reads
 */
export async function register(registrant: Registrant, { idScope, endpoint }: Scope): Promise<Home> {
  const client = ProvisioningDeviceClient.create(endpoint, idScope, new Http(), securityOf(registrant));
  const { assignedHub, deviceId, payload } = (await client.register()) as RegistrationResult; // void only with a callback
  return homeOf(assignedHub, deviceId, payload);
}

/** Null is how a service may say that it has nothing. */
const homeOf = (hub: string, deviceId: string, payload: unknown): Home => ({
  hub,
  deviceId,
  ...(payload !== undefined && payload !== null && { payload }),
});

/** What the SDK takes: one parameter for three kinds of client, which it tells apart by their methods. */
type Security = Parameters<typeof ProvisioningDeviceClient.create>[3];

function securityOf({ registrationId, credentials }: Registrant): Security {
  if (credentials.kind === 'x509') {
    const { cert, key, passphrase } = credentials;
    return new X509Security(registrationId, { cert, key, ...(passphrase !== undefined && { passphrase }) });
  }
  // The packages bring azure-iot-common in two versions, whose classes the compiler tells apart by a private field.
  return new SymmetricKeySecurityClient(registrationId, credentials.key) as unknown as Security;
}

/**
 * Asks where the device is registered ("Device Registration Status Lookup"), which changes nothing. The SDK has no call for
 * it.
 *
 * @returns undefined when it is registered nowhere
 * @throws {@link StatusError} when the service refuses, or the error of the connection
 */
export async function lookUp(registrant: Registrant, { idScope, endpoint }: Scope): Promise<Home | undefined> {
  const resource = `${idScope}/registrations/${registrant.registrationId}`;
  const { registrationId, credentials } = registrant;
  const call = request({
    host: endpoint,
    method: 'POST',
    path: `/${resource}?api-version=${API_VERSION}`,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      ...(credentials.kind === 'symmetricKey' && {
        authorization: tokenFor(resource, 'registration', credentials.key),
      }),
    },
    ...(credentials.kind === 'x509' && certificateOf(credentials)),
    signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
  });
  call.end(JSON.stringify({ registrationId }));
  const [response] = (await once(call, 'response')) as [IncomingMessage];
  return homeIn(response, await text(response));
}

const certificateOf = ({ cert, key, passphrase }: Credentials & { kind: 'x509' }) => ({ cert, key, passphrase });

/** Source: iot-dps REST, DeviceRegistrationResult. */
interface LookedUp {
  readonly status?: string;
  readonly assignedHub?: string;
  readonly deviceId?: string;
  readonly payload?: unknown;
}

function homeIn({ statusCode = 0, headers }: IncomingMessage, body: string): Home | undefined {
  if (statusCode === 404) return undefined;
  if (statusCode !== 200) {
    throw new StatusError(`the registration could not be looked up: ${statusCode}`, { statusCode, headers });
  }
  const { status, assignedHub, deviceId, payload } = JSON.parse(body) as LookedUp;
  if (status !== 'assigned' || assignedHub === undefined || deviceId === undefined) return undefined;
  return homeOf(assignedHub, deviceId, payload);
}
