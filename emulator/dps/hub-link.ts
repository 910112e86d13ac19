import { errorBody, HubError } from '../hub/errors';
import type { Device } from '../hub/hub-device';
import type { Hub, Hubs } from '../hub/hubs';
import type { IdentityInput } from '../hub/identity';
import type { Right } from '../hub/settings';
import { valuesOf } from '../hub/twin/merge';
import type { Twin } from '../hub/twin/twin';
import { HUB_HOST_PATTERN } from '../names';
import type { JsonObject } from '../world/json';
import type { InitialTwin } from './enrollment';
import type { LinkedHub } from './settings';

/** What DPS must be allowed to in a hub (iot-dps/how-to-manage-linked-iot-hubs.md: iothubowner, or both of these). */
const NEEDED: readonly Right[] = ['RegistryWrite', 'ServiceConnect'];

/** Why a device could not be given to a hub: ends up in the registration, not in the answer's status. */
export class AllocationError extends Error {
  constructor(
    readonly errorCode: number,
    message: string,
  ) {
    super(message);
  }
}

/**
 * Signs in to a linked hub with the connection string that the link holds, as of now.
 *
 * @throws AllocationError with the hub's own error as its JSON text, as DPS embeds it
 */
export function signIn(hubs: Hubs, { connectionString, hostName }: LinkedHub): Hub {
  const fields = fieldsOf(connectionString);
  const hub = hubs.get(HUB_HOST_PATTERN.exec(fields.get('hostname') ?? '')?.[1] ?? '');
  if (hub === undefined) throw new AllocationError(404000, `The linked IoT hub '${hostName}' cannot be reached.`);
  const { policies, disableLocalAuth } = hub.settings;
  const policy = policies.find(({ keyName }) => keyName === fields.get('sharedaccesskeyname'));
  const key = fields.get('sharedaccesskey') ?? '';
  const isKnown = key !== '' && (policy?.primaryKey === key || policy?.secondaryKey === key);
  const isAllowed = NEEDED.every((right) => policy?.rights.includes(right));
  if (disableLocalAuth || !isKnown || !isAllowed) throw refused(hub, unauthorized());
  return hub;
}

const unauthorized = (): HubError => new HubError('IotHubUnauthorizedAccess', 'Unauthorized');

function fieldsOf(connectionString: string): Map<string, string> {
  return new Map(
    connectionString.split(';').map((field) => {
      const equals = field.indexOf('=');
      return [field.slice(0, equals).toLowerCase(), field.slice(equals + 1)];
    }),
  );
}

function refused(hub: Hub, error: HubError): AllocationError {
  return new AllocationError(error.code, JSON.stringify(errorBody(error, 'registry', hub.clock.now())));
}

/** Does something in a hub. @throws AllocationError where the hub refuses */
function inHub<R>(hub: Hub, work: () => R): R {
  try {
    return work();
  } catch (error) {
    throw error instanceof HubError ? refused(hub, error) : error;
  }
}

/** A twin's own values, as another hub takes them. */
export type TwinValues = InitialTwin & { readonly properties?: { readonly reported?: JsonObject } };

/** What goes along when a device moves. */
export const valuesOfTwin = ({ tags, desired, reported }: Twin): TwinValues => ({
  tags,
  properties: { desired: valuesOf(desired), reported: valuesOf(reported) },
});

/**
 * Puts a device into a hub. One that is there already gets the credential, and the twin where one is given.
 *
 * @throws AllocationError where the hub refuses: it is full, or the twin is too large
 */
export function putDevice(hub: Hub, input: IdentityInput, twin: TwinValues | undefined): Device {
  return inHub(hub, () => {
    const present = hub.devices.get(input.deviceId);
    if (present === undefined) return hub.devices.create(input, twin);
    const device = hub.devices.update(inheriting(present, input), '*');
    if (twin !== undefined) hub.devices.replaceTwin(device, resetOf(twin), undefined);
    return device;
  });
}

/** What DPS has no say in stays as the hub has it. */
const inheriting = ({ identity }: Device, input: IdentityInput): IdentityInput => ({
  ...input,
  status: identity.status,
  statusReason: identity.statusReason,
});

/** Tags and desired properties that are not given go. */
const resetOf = ({ tags = {}, properties }: TwinValues): JsonObject => ({
  tags,
  properties: { desired: properties?.desired ?? {} },
});

/** Ends the device's identity; nothing happens when it is gone. */
export function removeDevice(hub: Hub, deviceId: string): void {
  if (hub.devices.get(deviceId) !== undefined) inHub(hub, () => hub.devices.delete(deviceId, undefined));
}
