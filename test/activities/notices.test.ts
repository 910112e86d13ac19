import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import type { ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import { Webhook } from 'standardwebhooks';
import type { Notice, NoticeResult } from '../../activities/contracts';
import { createNoticeActivities } from '../../activities/notices';
import type { RolloutId } from '../../domain/ids';
import type { NotifyRule } from '../../domain/spec';
import { activityContext } from '../support/activity';
import { httpServer, type HttpServer, json, NOTHING } from '../support/http-server';

const SECRET = `whsec_${Buffer.from('a secret of some length').toString('base64')}`;
const notice: Notice = {
  kind: 'held',
  at: '2026-11-21T10:00:00.000Z',
  rolloutId: 'lock-doors' as RolloutId,
  name: 'lock-doors',
  status: 'held',
  wave: 2,
  reason: 'succeeded 8 of 10 (80%), target 90% <https://evil.test|click> & more',
};

let server: HttpServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

/** Sends a notice to a server that answers with these statuses, one after the other, the last one for ever. */
async function sent(statuses: readonly number[], change: Partial<NotifyRule> = {}): Promise<NoticeResult> {
  server = await httpServer((response, _received, count) =>
    json(response, statuses[count - 1] ?? statuses.at(-1) ?? 200, {}),
  );
  const rule = { url: `${server.url}/T0/hidden`, format: 'json', on: ['held'], ...change } as NotifyRule;
  const { notify } = createNoticeActivities({ SECRET }, { timeoutMs: 15_000, restsMs: [10, 20], beatMs: 1_000 });
  return activityContext().run<Parameters<typeof notify>, NoticeResult, typeof notify>(notify, {
    rule,
    notice,
    id: 'lock-doors-7',
  });
}

const redirect = (response: ServerResponse): void =>
  void response.writeHead(302, { location: 'https://hidden.test/hidden' }).end();

it('sends a message that its receiver can verify, by the Standard Webhooks convention', async () => {
  await expect(sent([204], { secretEnv: 'SECRET' })).resolves.toEqual({ kind: 'delivered', tries: 1 });
  const [{ headers, body } = NOTHING] = server?.received ?? [];

  expect(headers['webhook-id']).toBe('lock-doors-7');
  expect(new Webhook(SECRET).verify(body, headers as Record<string, string>)).toEqual({
    type: 'rollout.held',
    timestamp: notice.at,
    data: notice,
  });
});

it('sends Slack a text and blocks, and lets no text become a link', async () => {
  await sent([200], { format: 'slack' });
  const body = JSON.parse(server?.received[0]?.body ?? '') as { text: string; blocks: unknown[] };

  expect(body.text).toContain('Rollout lock-doors is held');
  expect(body.text).toContain('&lt;https://evil.test|click&gt; &amp; more');
  expect(JSON.stringify(body)).not.toContain('<https');
  expect(body.blocks).toMatchObject([{ type: 'section' }, { type: 'context' }]);
});

it('tries again under the same id while that may help', async () => {
  await expect(sent([503, 429, 200])).resolves.toEqual({ kind: 'delivered', tries: 3 });

  expect(new Set(server?.received.map(({ headers }) => headers['webhook-id']))).toEqual(new Set(['lock-doors-7']));
});

it('gives up after its last try, and says why without the address', async () => {
  const result = await sent([500]);

  expect(result).toEqual({ kind: 'givenUp', tries: 3, why: 'answered 500' });
});

it.each([301, 400, 404, 410])('gives up at once on %i: it will be the same in a minute', async (status) => {
  await expect(sent([status])).resolves.toMatchObject({ kind: 'givenUp', tries: 1 });
});

it('sends nothing unsigned where a signature is asked for', async () => {
  await expect(sent([200], { secretEnv: 'NOT_THERE' })).resolves.toEqual({
    kind: 'givenUp',
    tries: 0,
    why: 'the worker has no variable NOT_THERE',
  });
  expect(server?.received).toEqual([]);
});

describe('an address that is a secret', () => {
  const warnings: string[] = [];

  /** Sends by the worker's variable, and keeps what is logged. */
  function sentBy(value: string | undefined): Promise<NoticeResult> {
    const context = new MockActivityEnvironment(
      {},
      { logger: new DefaultLogger('WARN', (entry) => void warnings.push(inspect(entry, { depth: 9 }))) },
    );
    const variables = { GROUNDSWELL_SECRET_CHAT: value };
    const { notify } = createNoticeActivities(variables, { timeoutMs: 15_000, restsMs: [], beatMs: 1_000 });
    const rule: NotifyRule = { urlEnv: 'GROUNDSWELL_SECRET_CHAT', format: 'slack', on: ['held'] };
    return context.run<Parameters<typeof notify>, NoticeResult, typeof notify>(notify, { rule, notice, id: 'a-1' });
  }
  beforeEach(() => void warnings.splice(0));

  it('is read from the variable', async () => {
    server = await httpServer((response) => json(response, 200, {}));

    await expect(sentBy(`${server.url}/T0/hidden`)).resolves.toEqual({ kind: 'delivered', tries: 1 });
    expect(server.received.map(({ path }) => path)).toEqual(['/T0/hidden']);
  });

  it.each([
    ['is refused', async () => `${(server = await httpServer((response) => json(response, 404, {}))).url}/T0/hidden`],
    ['is redirected', async () => `${(server = await httpServer(redirect)).url}/T0/hidden`],
    ['is of a server that is away', () => 'http://localhost:1/T0/hidden'],
    ['cannot be read', () => 'hooks.hidden.test/T0/hidden'],
    ['would go out without TLS', () => 'http://hidden.test/T0/hidden'],
    ['has a password', () => 'https://ana:hidden@hidden.test/'],
    ['is of another kind', () => 'file:///etc/hidden'],
    ['is missing', () => undefined],
  ])('is in no result and no log when it %s', async (_name, address) => {
    const result = await sentBy(await address());

    expect(result.kind).toBe('givenUp');
    expect(warnings).toEqual([expect.stringContaining('GROUNDSWELL_SECRET_CHAT')]);
    expect(JSON.stringify([result, warnings])).not.toMatch(/hidden|127\.0\.0\.1|localhost/);
  });
});
