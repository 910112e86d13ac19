import { connect } from '../../../cli/connect';
import { serveApi } from '../../../cli/page';
import { CONTROL_ROLE, READ_ROLE, type RolloutAnswer } from '../../../dashboard/core/contract';
import { collectingIo } from '../../cli/collecting-io';
import { startTenant } from '../../support/tenant';

const AUDIENCE = 'the-api-of-rollouts';

/** The API of rollouts as its host serves it, and two people who ask it. */
export interface PageApi {
  get(who: Person, path: string): Promise<Response>;
  post(who: Person, path: string, body: object): Promise<Response>;
  rollout(rolloutId: string): Promise<RolloutAnswer>;
  /** What the host has written to its log. */
  log(): string;
  close(): Promise<void>;
}
export type Person = 'reader' | 'steerer';

/** Serves it over the Temporal server at an address. */
export async function startPageApi(address: string): Promise<PageApi> {
  const io = collectingIo({ env: { TEMPORAL_ADDRESS: address } });
  const [tenant, rollouts] = await Promise.all([startTenant(), connect(io)]);
  const { authority } = tenant;
  const listening = { host: '127.0.0.1', port: 0, origins: ['https://page.test'], audience: [AUDIENCE] };
  const host = await serveApi(io, rollouts, { ...listening, authority });
  const tokens = {
    reader: await tenant.token('rita@contoso.test', AUDIENCE, [READ_ROLE]),
    steerer: await tenant.token('stan@contoso.test', AUDIENCE, [CONTROL_ROLE]),
  };
  const ask = (who: Person, path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`http://127.0.0.1:${host.port}${path}`, {
      ...init,
      headers: { authorization: `Bearer ${tokens[who]}`, 'content-type': 'application/json' },
    });
  return {
    get: (who, path) => ask(who, path),
    post: (who, path, body) => ask(who, path, { method: 'POST', body: JSON.stringify(body) }),
    rollout: async (rolloutId) => (await (await ask('reader', `/api/rollouts/${rolloutId}`)).json()) as RolloutAnswer,
    log: io.err,
    async close() {
      await host.close(0);
      await Promise.all([tenant.close(), rollouts.close()]);
    },
  };
}
