import type { World } from '../../world/world';
import type { AmqpPeer } from './service';
import { never, type Turn } from './turn';

/** Whose connection it is. */
export interface Disturbed {
  readonly world: Pick<World, 'faults' | 'counters' | 'clock'>;
  readonly peer: Pick<AmqpPeer, 'drop' | 'mute'>;
  /** undefined when it is no hub's. */
  readonly hub?: string;
  /** The error that says a status, in the service's own words. */
  readonly refusal: (status: number, retryAfterSeconds: number | undefined) => Error;
}

/** Does to an AMQP connection what tests have asked to go wrong. */
export class Disturbance<Operation extends string> {
  constructor(private readonly of: Disturbed) {}

  /**
   * When an operation is done, by the fault that strikes it.
   *
   * @param deviceId whose it is; undefined when it is no device's
   * @throws what `refusal` makes, for a status
   */
  turn(operation: Operation, deviceId: string | undefined): Turn {
    const { world, peer, hub, refusal } = this.of;
    const { faults, counters, clock } = world;
    const fault = faults.at(operation, { hub, deviceId });
    if (fault === undefined) return undefined;
    counters.add(`fault ${fault.kind} ${operation}`);
    switch (fault.kind) {
      case 'delay':
        return new Promise((resolve) => clock.at(clock.now() + fault.ms, resolve));
      case 'status':
        throw refusal(fault.status, fault.retryAfterSeconds);
      case 'drop':
        peer.drop();
        return never();
      case 'halfClose':
        peer.mute();
        return never();
      case 'stall':
        return undefined; // of rows of jobs only
    }
  }
}
