import type { FastifyReply, FastifyRequest } from 'fastify';
import { passes, type Strike } from '../../world/http-faults';
import { HubError, type HubErrorName } from '../errors';
import type { Hub } from '../hub';
import { costOf, limitedBy } from './operation';

/** What a fault's status reads as; others keep their number and are called ServerError. */
const NAMES: Readonly<Record<number, HubErrorName>> = {
  429: 'ThrottlingException',
  500: 'ServerError',
  503: 'ServiceUnavailable',
  504: 'GatewayTimeout',
};

/** A refusal that a test has asked for. */
export class FaultError extends HubError {
  constructor(
    override readonly status: number,
    readonly retryAfterSeconds: number | undefined,
  ) {
    super(NAMES[status] ?? 'ServerError', 'A fault that the emulator was asked for.');
  }
}

/**
 * Lets an admitted request to its handler: after the fault that strikes it, and when its limit has a turn for it.
 *
 * @returns whether it goes on; when not, the connection is gone or will never answer
 * @throws HubError
 */
export async function enter(
  hub: Hub,
  operation: string,
  request: FastifyRequest,
  reply: FastifyReply,
  bodyOf: () => unknown,
): Promise<boolean> {
  const { id: deviceId } = request.params as { id?: string };
  const refusal: Strike['refusal'] = (status, retryAfterSeconds) => new FaultError(status, retryAfterSeconds);
  if (!(await passes(hub, { operation, occasion: { hub: hub.name, deviceId }, reply, refusal }))) return false;
  const limited = limitedBy(operation);
  if (limited !== undefined && hub.throttle.isOn) await hub.throttle.take(limited, costOf(limited, bodyOf));
  return true;
}
