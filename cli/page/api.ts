import type { IncomingMessage } from 'node:http';
import {
  type Control,
  CONTROL_ROLE,
  CONTROLS,
  type Me,
  READ_ROLE,
  type RolloutAnswer,
  type RolloutsAnswer,
} from '../../dashboard/core/contract';
import {
  DEVICE_ID,
  DEVICE_ID_RULE,
  type DeviceId,
  deviceIdOf,
  type HubName,
  hubNameOf,
  ROLLOUT_ID,
  type RolloutId,
  rolloutIdOf,
} from '../../domain/ids';
import { jsonBodyOf } from '../../http/body';
import type { Reply } from '../../http/host';
import { HttpError } from '../../http/http-error';
import type { Caller, Identify } from '../../http/identity';
import { checkControlOrder } from '../../spec/control-order';
import type { OrderResult } from '../rollout/order';
import type { Rollouts } from '../rollouts';
import { createRateLimit, createSharing } from './limits';
import { refusalOf } from './refusals';

/** Rollouts in the list, the newest. */
const LISTED = 200;
/** For a worker's answer: less than the page waits. */
const WORKER_WITHIN = '20 seconds';
const LARGEST_BODY = 16 * 1024;

/** An order that somebody has given on the page, or was refused. */
export interface OrderEntry {
  readonly rolloutId: RolloutId;
  readonly control: Control;
  /** The directory's id of who gave it; the history has the name. */
  readonly callerId: string;
  readonly result: OrderResult['kind'];
}

export interface ApiParts {
  readonly rollouts: Pick<Rollouts, 'list' | 'look' | 'arbiterOf' | 'order' | 'story' | 'twin'>;
  readonly identify: Identify;
  readonly onOrder: (entry: OrderEntry) => void;
  readonly limit?: (caller: string) => void;
}

/** What a route gets. */
interface Asked {
  readonly caller: Caller;
  /** Path segments behind the route's name, decoded. */
  readonly parts: readonly string[];
  readonly request: IncomingMessage;
}

const ok = (body: unknown): Reply => ({ status: 200, body });
const nothing = new HttpError(404, 'NO_ROUTE', 'nothing is at this path');

function rolloutIdIn(text = ''): RolloutId {
  const id = rolloutIdOf(text);
  if (id !== undefined) return id;
  throw new HttpError(
    400,
    'ROLLOUT_ID',
    `the rollout is ${JSON.stringify(text.slice(0, 80))}, allowed is ${String(ROLLOUT_ID)}`,
  );
}

function deviceIn(text = ''): DeviceId {
  if (DEVICE_ID.test(text)) return deviceIdOf(text);
  throw new HttpError(
    400,
    'DEVICE_ID',
    `the device is ${JSON.stringify(text.slice(0, 160))}, allowed are ${DEVICE_ID_RULE}`,
  );
}

function hubIn(text = ''): HubName {
  if (/^[\w.-]{1,128}$/.test(text)) return hubNameOf(text);
  throw new HttpError(
    400,
    'HUB',
    `the hub is ${JSON.stringify(text.slice(0, 160))}, allowed is its name in the stack's outputs`,
  );
}

function assertMethod({ method = '' }: IncomingMessage, allowed: string): void {
  if (method === allowed) return;
  throw new HttpError(405, 'METHOD', `the method is ${method}, allowed is ${allowed}`, { headers: { allow: allowed } });
}

/** Who may steer may look. */
function assertRole({ roles }: Caller, role: typeof READ_ROLE | typeof CONTROL_ROLE): void {
  if (roles.includes(CONTROL_ROLE) || roles.includes(role)) return;
  throw new HttpError(403, 'ROLE', `your account has no role ${role} in this application`);
}

const meOf = ({ name, roles }: Caller): Me => ({
  name,
  roles: roles.filter((role) => role === READ_ROLE || role === CONTROL_ROLE),
});

async function orderIn(request: IncomingMessage) {
  const checked = checkControlOrder(await jsonBodyOf(request, LARGEST_BODY));
  if (checked.kind === 'valid') return checked.order;
  const problems = checked.problems.map(({ path, value, allowed }) => `${path} is ${value}, allowed is ${allowed}`);
  throw new HttpError(400, 'ORDER', problems.join('; '));
}

const isControl = (text: string | undefined): text is Control => (CONTROLS as readonly unknown[]).includes(text);

/** The API of rollouts, as dashboard/core/contract.ts has it, over the code of the command line. */
export function createApi({ rollouts, identify, onOrder, limit = createRateLimit() }: ApiParts) {
  const shared = createSharing();

  async function rolloutOf(rolloutId: RolloutId): Promise<RolloutAnswer> {
    const look = await rollouts.look(rolloutId);
    const hubs = look.state?.plan?.uses.map(({ hub }) => hub) ?? [];
    const arbiters = await Promise.all(hubs.map((hub) => shared(`hub ${hub}`, () => rollouts.arbiterOf(hub))));
    return { ...look, arbiters: arbiters.filter((one) => one !== undefined) };
  }

  async function steer({ caller, parts: [id, control], request }: Asked): Promise<Reply> {
    if (!isControl(control)) throw nothing;
    assertMethod(request, 'POST');
    assertRole(caller, CONTROL_ROLE);
    const rolloutId = rolloutIdIn(id);
    const order = { actor: caller.name, ...(await orderIn(request)) };
    const result = await rollouts.order(control, rolloutId, order);
    onOrder({ rolloutId, control, callerId: caller.id, result: result.kind });
    if (result.kind === 'accepted') return ok({ state: result.state });
    throw new HttpError(409, 'GS_ORDER_REFUSED', result.reason);
  }

  function reading(asked: Asked): void {
    assertMethod(asked.request, 'GET');
    assertRole(asked.caller, READ_ROLE);
  }

  async function ofRollouts(asked: Asked): Promise<Reply> {
    if (asked.parts.length > 2) throw nothing;
    if (asked.parts.length === 2) return steer(asked);
    reading(asked);
    const [id] = asked.parts;
    if (id !== undefined) {
      const rolloutId = rolloutIdIn(id);
      return ok(await shared(`rollout ${rolloutId}`, () => rolloutOf(rolloutId)));
    }
    const found: RolloutsAnswer = { rollouts: await shared('rollouts', () => rollouts.list({ limit: LISTED })) };
    return ok(found);
  }

  async function ofDevices(asked: Asked): Promise<Reply> {
    const [hub, device, what] = asked.parts;
    if (asked.parts.length !== 3 || (what !== 'twin' && what !== 'story')) throw nothing;
    reading(asked);
    const [name, deviceId] = [hubIn(hub), deviceIn(device)];
    if (what === 'story') return ok(await shared(`story ${deviceId}`, () => rollouts.story(deviceId, WORKER_WITHIN)));
    const twin = await shared(`twin ${name} ${deviceId}`, () => rollouts.twin(name, deviceId, WORKER_WITHIN));
    if (twin === null) throw new HttpError(404, 'DEVICE_UNKNOWN', `the hub ${name} has no device ${deviceId}`);
    return ok(twin);
  }

  function routed(noun: string, asked: Asked): Promise<Reply> {
    switch (noun) {
      case 'me':
        if (asked.parts.length > 0) throw nothing;
        assertMethod(asked.request, 'GET');
        return Promise.resolve(ok(meOf(asked.caller)));
      case 'rollouts':
        return ofRollouts(asked);
      case 'devices':
        return ofDevices(asked);
      default:
        throw nothing;
    }
  }

  /** @throws HttpError for what is no success */
  return async (request: IncomingMessage, url: URL): Promise<Reply> => {
    try {
      const caller = await callerOf(identify, request);
      limit(caller.id);
      const [root, noun = '', ...parts] = segmentsOf(url);
      if (root !== 'api') throw nothing;
      return await routed(noun, { caller, parts, request });
    } catch (error) {
      throw refusalOf(error) ?? error;
    }
  };
}

/** @throws HttpError 400 */
function segmentsOf({ pathname }: URL): string[] {
  try {
    return pathname.slice(1).split('/').map(decodeURIComponent);
  } catch (cause) {
    throw new HttpError(400, 'BAD_PATH', 'the path is not percent-encoded as it must be', { cause });
  }
}

/** @throws HttpError 401, or 503 when it cannot be told */
export async function callerOf(identify: Identify, { headers }: Pick<IncomingMessage, 'headers'>): Promise<Caller> {
  const identified = await identify(headers.authorization).catch((cause: unknown) => {
    throw new HttpError(503, 'DIRECTORY', 'the directory does not answer, so nobody can be let in', { cause });
  });
  if (identified.kind === 'known') return identified.caller;
  const headersOut = { 'www-authenticate': 'Bearer' };
  throw new HttpError(401, 'UNKNOWN_CALLER', identified.message, { headers: headersOut });
}
