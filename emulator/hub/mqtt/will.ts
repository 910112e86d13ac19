import type { IConnectPacket } from 'mqtt-packet';
import type { DeviceMessage } from '../device-message';
import { LARGEST_MESSAGE } from '../device-message';
import { messageOf } from './bag';
import { publicationOf, type Client } from './topics';

/** A will that the hub does not take: the connection is refused. */
export const NO_WILL = Symbol('a will that the hub does not take');

/**
 * The message that a connection leaves when it ends without DISCONNECT (iot/iot-mqtt-connect-to-iot-hub.md, "Specifying a
 * Will message"): its topic must be the client's own for telemetry, at QoS 0 or 1.
 */
export function willOf(
  client: Client,
  { will }: Pick<IConnectPacket, 'will'>,
): DeviceMessage | undefined | typeof NO_WILL {
  if (will === undefined) return undefined;
  const publication = publicationOf(client, will.topic);
  const body = Buffer.from(will.payload);
  if (publication?.kind !== 'telemetry' || will.qos === 2 || body.length > LARGEST_MESSAGE) return NO_WILL;
  const { system, properties } = messageOf(publication.properties);
  const retained = will.retain ? RETAINED : {};
  return { system, properties: { ...properties, ...retained, 'iothub-MessageType': 'Will' }, body };
}

/** What the RETAIN flag becomes: nothing is retained (same page, "Sending device-to-cloud messages"). */
export const RETAINED = { 'mqtt-retain': 'true' } as const;
