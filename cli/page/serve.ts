import { CONTROL_ROLE, READ_ROLE } from '../../dashboard/core/contract';
import { siteFiles } from '../../dashboard/site';
import { entraVerifier } from '../../http/entra';
import { type Host, jsonListener, listen, type Listening } from '../../http/host';
import { HttpError } from '../../http/http-error';
import { localIdentity } from '../../http/identity';
import { readStackOutputs } from '../../spec/stack-outputs';
import { orderOf } from '../commands/rollout/arguments';
import { CliError, EXIT, type Io, note } from '../output';
import type { Rollouts } from '../rollouts';
import { createApi, type OrderEntry } from './api';
import { createGateway } from './gateway';
import { siteFolder } from './site-folder';

type Address = Pick<Listening, 'host' | 'port' | 'tls'>;

const HEALTH = '/healthz';

const log = (io: Io, entry: object): void => note(io, JSON.stringify({ at: new Date().toISOString(), ...entry }));

/** What the host tells of itself: who steered what, and defects. */
const logging = (io: Io) => ({
  onOrder: (entry: OrderEntry) => log(io, { kind: 'order', ...entry }),
  onDefect: (error: unknown) =>
    log(io, { kind: 'defect', error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
});

export interface ApiHost extends Address {
  /** Pages that may ask. */
  readonly origins: readonly string[];
  readonly authority: string;
  readonly audience: readonly string[];
}

/** Serves the API of rollouts to pages elsewhere, whose users sign in with Microsoft Entra ID. */
export function serveApi(
  io: Io,
  rollouts: Rollouts,
  { origins, authority, audience, ...address }: ApiHost,
): Promise<Host> {
  const { onOrder, onDefect } = logging(io);
  const api = createApi({ rollouts, identify: entraVerifier({ authority, audience }), onOrder });
  const listener = jsonListener({
    cors: { origins, methods: ['GET', 'POST'], headers: ['authorization', 'content-type'] },
    answer: async (request, url) => {
      if (url.pathname === HEALTH) return { status: 200, body: 'ok' };
      const { origin } = request.headers;
      if (origin !== undefined && !origins.includes(origin))
        throw new HttpError(403, 'ORIGIN', 'pages of this origin may not ask');
      return api(request, url);
    },
    onDefect,
  });
  return listen({ ...address, serving: () => ({ listener }) });
}

export interface LocalPage extends Address {
  /** Stack outputs as JSON. */
  readonly outputs: string;
  readonly token: string;
}

/** Serves page, API of rollouts, and what the page needs of the local Azure, on one origin of loopback. */
export function serveLocalPage(io: Io, rollouts: Rollouts, { outputs, token, ...address }: LocalPage): Promise<Host> {
  const { telemetry } = readStackOutputs(outputs);
  if (telemetry === undefined)
    throw new CliError(
      EXIT.failed,
      'the stack has no telemetry, so there is nothing to show',
      'pulumi config set telemetry true',
    );
  const { onOrder, onDefect } = logging(io);
  const caller = { name: orderOf({}).actor, id: 'local', roles: [READ_ROLE, CONTROL_ROLE], scopes: [] };
  const identify = localIdentity(token, caller);
  const api = createApi({ rollouts, identify, onOrder });
  return listen({
    ...address,
    serving: (port) => {
      const origin = `http://${address.host}:${port}`;
      const config = { functionsUrl: origin, liveUrl: origin, rolloutsUrl: origin, signIn: { kind: 'local' } };
      return createGateway({
        origin,
        site: siteFiles(siteFolder(), config),
        identify,
        api,
        functionsUrl: telemetry.functionsUrl,
        liveUrl: `https://${telemetry.signalrHost}`,
        onDefect,
      });
    },
  });
}
