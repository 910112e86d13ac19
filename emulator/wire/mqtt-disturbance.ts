import type { Occasion } from '../world/faults';
import type { World } from '../world/world';
import { CONNACK, ForbiddenPacket, type Admission, type Wire } from './mqtt-service';

/** What the disturbances of a connection need to know. */
type FaultyWorld = Pick<World, 'faults' | 'counters' | 'clock'>;

/** What can go wrong with a CONNECT. */
export const CONNECT_KINDS = ['status', 'drop', 'halfClose'] as const;

/**
 * What a test has asked to go wrong with a CONNECT that would be admitted: refused as unavailable, so that the client
 * tries again, cut off, or never answered.
 */
export function connectFault(
  { faults, counters }: FaultyWorld,
  operation: string,
  occasion: Occasion,
): Admission | undefined {
  const fault = faults.at(operation, occasion);
  if (fault === undefined) return undefined;
  counters.add(`fault ${fault.kind} ${operation}`);
  if (fault.kind === 'status') return { kind: 'refused', returnCode: CONNACK.unavailable };
  return fault.kind === 'drop' ? { kind: 'dropped' } : { kind: 'unanswered' };
}

/** Stands between an MQTT session and its client, and does what tests have asked to go wrong. */
export class Disturbance<Operation extends string> {
  /** Nothing is heard any more, and nothing said; the connection stays until a time limit ends it. */
  isMute = false;

  /** @param isStillThere whether what was put off may be done: its device may be gone */
  constructor(
    private readonly world: FaultyWorld,
    private readonly occasion: Occasion,
    private readonly wire: Wire,
    private readonly isStillThere: () => boolean,
  ) {}

  /**
   * Does `work`, at once, later or not at all.
   *
   * @param refuse tells the client a status; without it the connection is closed, as the protocol has no answer
   */
  pass(operation: Operation, work: () => void, refuse?: (status: number, retryAfterSeconds?: number) => void): void {
    const { faults, counters } = this.world;
    const fault = faults.at(operation, this.occasion);
    if (fault === undefined) {
      work();
      return;
    }
    counters.add(`fault ${fault.kind} ${operation}`);
    if (fault.kind === 'delay') this.later(fault.ms, work);
    else if (fault.kind === 'halfClose') this.isMute = true;
    else if (fault.kind === 'drop' || (fault.kind === 'status' && refuse === undefined)) this.wire.close();
    else if (fault.kind === 'status') refuse?.(fault.status, fault.retryAfterSeconds);
    else work(); // the others strike elsewhere
  }

  /** Does `work` in `ms` of the services' time. */
  later(ms: number, work: () => void): void {
    const { clock } = this.world;
    clock.at(clock.now() + ms, () => {
      try {
        if (!this.isMute && this.isStillThere()) work();
      } catch (error) {
        if (!(error instanceof ForbiddenPacket)) throw error;
        this.wire.close();
      }
    });
  }
}
