import type { FastifyReply } from 'fastify';
import type { Occasion } from './faults';
import type { World } from './world';

/** An operation over HTTPS that a fault may strike. */
export interface Strike {
  readonly operation: string;
  readonly occasion: Occasion;
  readonly reply: FastifyReply;
  /** The error that answers with a status, in the service's own form. */
  readonly refusal: (status: number, retryAfterSeconds: number | undefined) => Error;
}

/**
 * Does what a test has asked to go wrong with a request.
 *
 * @returns whether it goes on; when not, the connection is gone or will never answer
 * @throws what `refusal` makes
 */
export async function passes(
  { faults, counters, clock }: Pick<World, 'faults' | 'counters' | 'clock'>,
  { operation, occasion, reply, refusal }: Strike,
): Promise<boolean> {
  const fault = faults.at(operation, occasion);
  if (fault === undefined) return true;
  counters.add(`fault ${fault.kind} ${operation}`);
  switch (fault.kind) {
    case 'delay':
      await new Promise<void>((resolve) => clock.at(clock.now() + fault.ms, resolve));
      return true;
    case 'status':
      throw refusal(fault.status, fault.retryAfterSeconds);
    case 'drop':
      reply.hijack();
      reply.raw.destroy();
      return false;
    case 'halfClose':
      reply.hijack(); // and nobody ever answers; the socket ends with its client or the emulator
      return false;
    case 'stall':
      return true; // of rows of jobs only
  }
}
