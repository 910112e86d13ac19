import { HubError } from './errors';
import type { HubEvent } from './events/event';
import type { Hub } from './hub';
import type { Device } from './hub-device';

/** Largest device-to-cloud message: body and properties (iot-hub-devguide-quotas-throttling.md, "Other limits"). */
export const LARGEST_MESSAGE = 256 * 1024;

/** How a device proved who it is. */
export type Proof = NonNullable<HubEvent['authentication']>;

/** A device's message, however it came. */
export type DeviceMessage = Pick<HubEvent, 'system' | 'properties' | 'body'>;

/** Takes a device's or module's message. @throws HubError MessageTooLarge */
export function takeTelemetry(hub: Hub, { identity }: Device, message: DeviceMessage, authentication: Proof): void {
  const { deviceId, moduleId, generationId } = identity;
  const size = sizeOf(message);
  if (size > LARGEST_MESSAGE) {
    throw new HubError('MessageTooLarge', `A message may have at most ${LARGEST_MESSAGE} bytes.`);
  }
  hub.messageQuota.take(size);
  const names = { deviceId, generationId, ...(moduleId !== undefined && { moduleId }) };
  hub.counters.add('messages deviceToCloud');
  hub.events.publish({ source: 'Telemetry', authentication, ...names, ...message });
}

const sizeOf = ({ properties, body }: DeviceMessage): number =>
  Object.entries(properties).reduce((sum, [name, value]) => sum + name.length + value.length, body.length);
