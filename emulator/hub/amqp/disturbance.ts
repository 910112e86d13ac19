import { Disturbance } from '../../wire/amqp/disturbance';
import type { AmqpPeer } from '../../wire/amqp/service';
import type { Hub } from '../hub';
import { FaultError } from '../routes/entrance';

/**
 * What of a connection to a hub's own host a fault may strike: links, cloud-to-device messages on their way in, a
 * device's telemetry, what is delivered to it (and feedback and file notices to the service), twin operations, methods
 * and their answers.
 */
export const AMQP_OPERATIONS = [
  'amqp.attach',
  'amqp.transfer',
  'amqp.publish',
  'amqp.deliver',
  'amqp.twin',
  'amqp.method',
] as const;

/** The same of the Event-Hub-compatible endpoint: links, and events on their way to a reader. */
export const EVENTS_OPERATIONS = ['events.attach', 'events.deliver'] as const;

type Operation = (typeof AMQP_OPERATIONS)[number] | (typeof EVENTS_OPERATIONS)[number];

/** Those of an open link of a device. */
export type DeviceOperation = Exclude<(typeof AMQP_OPERATIONS)[number], 'amqp.attach' | 'amqp.transfer'>;

/** Does to a connection of a hub's what tests have asked to go wrong; a status is thrown as a HubError. */
export type HubDisturbance = Disturbance<Operation>;

export const disturbanceOf = (hub: Hub, peer: AmqpPeer): HubDisturbance =>
  new Disturbance({
    world: hub,
    peer,
    hub: hub.name,
    refusal: (status, retryAfterSeconds) => new FaultError(status, retryAfterSeconds),
  });
