import { randomUUID } from 'node:crypto';
import type { Clock } from '../../world/clock';
import type { JsonObject } from '../../world/json';
import { stampOf } from '../../world/time';
import type { Device } from '../hub-device';
import type { RegistryObserver, TwinWrite } from '../registry';
import { mark, type Section } from '../twin/merge';
import type { Twin } from '../twin/twin';
import { namesOf } from '../views';
import type { EventSource } from './event';
import type { Events } from './events';

/** Schemas as `iothub-message-schema` names them. */
const SCHEMAS = {
  twinChangeEvents: 'twinChangeNotification',
  deviceLifecycleEvents: 'deviceLifecycleNotification',
  deviceConnectionStateEvents: 'deviceConnectionStateNotification',
} as const satisfies Partial<Record<EventSource, string>>;

/**
 * Tells what befalls devices and modules as events, worked out only when somebody would receive them
 * (iot-hub/iot-hub-non-telemetry-event-schema.md).
 */
export class Notices implements RegistryObserver {
  #sequence = 0;

  constructor(
    private readonly hubName: string,
    private readonly clock: Clock,
    private readonly events: Pick<Events, 'wants' | 'publish'>,
  ) {}

  created(device: Device): void {
    this.#tell('deviceLifecycleEvents', device, 'createDeviceIdentity', () => wholeOf(device));
  }

  deleted(device: Device): void {
    this.#tell('deviceLifecycleEvents', device, 'deleteDeviceIdentity', () => wholeOf(device));
  }

  /** An identity's update is no event. */
  updated(): void {}

  twinChanged(device: Device, _before: Twin, write: TwinWrite): void {
    const { replaced } = write;
    this.#tell('twinChangeEvents', device, replaced ? 'replaceTwin' : 'updateTwin', () =>
      replaced ? wholeOf(device) : changeOf(device.twin, write),
    );
  }

  connected(device: Device): void {
    this.#tell('deviceConnectionStateEvents', device, 'deviceConnected', () => this.#nextSequence());
  }

  disconnected(device: Device): void {
    this.#tell('deviceConnectionStateEvents', device, 'deviceDisconnected', () => this.#nextSequence());
  }

  #tell(source: keyof typeof SCHEMAS, device: Device, opType: string, body: () => JsonObject): void {
    if (!this.events.wants(source)) return;
    const { deviceId, moduleId } = device.identity;
    const names = { deviceId, ...(moduleId !== undefined && { moduleId }) };
    this.events.publish({
      source,
      ...names,
      system: {
        contentType: 'application/json',
        contentEncoding: 'utf-8',
        correlationId: randomUUID(),
        userId: this.hubName,
      },
      properties: {
        hubName: this.hubName,
        ...names,
        operationTimestamp: stampOf(this.clock.now()),
        'iothub-message-schema': SCHEMAS[source],
        opType,
      },
      body: Buffer.from(JSON.stringify(body())),
    });
  }

  /** 256 bits in hexadecimal, rising over restarts too: they begin with the time. */
  #nextSequence(): JsonObject {
    const time = this.clock.now().toString(16).padStart(32, '0');
    return { sequenceNumber: `${time}${(++this.#sequence).toString(16).padStart(32, '0')}`.toUpperCase() };
  }
}

/** A whole twin, as a replacement and a lifecycle event show it. */
const wholeOf = (device: Device): JsonObject => ({
  ...namesOf(device),
  etag: device.twin.etag,
  version: device.twin.version,
  ...(Object.keys(device.twin.tags).length > 0 && { tags: device.twin.tags }),
  properties: { desired: device.twin.desired, reported: device.twin.reported },
});

/** What an update wrote, nulls included, with the metadata of just that. */
const changeOf = ({ version, desired, reported }: Twin, write: TwinWrite): JsonObject => ({
  version,
  ...(write.tags && { tags: write.tags }),
  ...((write.desired ?? write.reported) && {
    properties: {
      ...(write.desired && { desired: writtenOf(write.desired, desired) }),
      ...(write.reported && { reported: writtenOf(write.reported, reported) }),
    },
  }),
});

function writtenOf(patch: JsonObject, { $metadata, $version }: Section): JsonObject {
  const { $lastUpdated, $lastUpdatedVersion } = $metadata;
  const at = { $lastUpdated, ...(typeof $lastUpdatedVersion === 'number' && { $lastUpdatedVersion }) };
  return { ...patch, $metadata: mark({}, patch, at), $version };
}
