import type { ServerResponse } from 'node:http';
import { Webhook } from 'standardwebhooks';
import { createCheckActivities } from '../../../activities/checks';
import type { CheckInput, CheckResult } from '../../../activities/contracts';
import type { RolloutId } from '../../../domain/ids';
import type { Bound, Check } from '../../../domain/spec';
import { tallyOf } from '../../../domain/tally';
import { activityContext } from '../../support/activity';
import { httpServer, type HttpServer, json, NOTHING } from '../../support/http-server';

const SECRET = `whsec_${Buffer.from('a secret of some length').toString('base64')}`;
const VARIABLES = { HOOK_SECRET: SECRET, PROM_TOKEN: 'token-17', BAD_SECRET: 'whsec_%%%' };
const facts = {
  rolloutId: 'lock-doors' as RolloutId,
  wave: 2,
  tally: tallyOf({ succeeded: 9, failed: 1 }),
  since: new Date(Date.now() - 90_000).toISOString(),
  changed: { from: '2026-11-22T10:00:00Z', to: '2026-11-22T10:01:00Z', unfinished: [] },
};

let server: HttpServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

const asking = async (check: Check): Promise<CheckResult> => {
  const { askCheck } = createCheckActivities(VARIABLES);
  return activityContext().run<[CheckInput], CheckResult, typeof askCheck>(askCheck, { ...facts, check });
};
const listen = async (...arguments_: Parameters<typeof httpServer>): Promise<HttpServer> =>
  (server = await httpServer(...arguments_));

describe('webhook', () => {
  const hook = async (
    answer: (response: ServerResponse) => unknown,
    change: Partial<Extract<Check, { kind: 'webhook' }>> = {},
  ): Promise<CheckResult> => {
    const { url } = await listen(answer);
    return asking({ kind: 'webhook', name: 'smoke', url: `${url}/verdicts?key=hidden`, timeoutMs: 60_000, ...change });
  };

  it.each([
    ['proceed', { kind: 'passed' }],
    ['hold', { kind: 'failed', wants: 'hold' }],
    ['abort', { kind: 'failed', wants: 'abort' }],
  ])('takes the verdict %s, with its reason', async (verdict, expected) => {
    const result = await hook((response) => json(response, 200, { verdict, reason: 'seen' }));

    expect(result).toMatchObject({ ...expected, reason: expect.stringContaining('seen') as string });
  });

  it('tells the wave, and signs so that the receiver can verify it', async () => {
    await hook((response) => json(response, 200, { verdict: 'proceed' }), { secretEnv: 'HOOK_SECRET' });
    const [{ headers, body } = NOTHING] = server?.received ?? [];

    expect(new Webhook(SECRET).verify(body, headers as Record<string, string>)).toMatchObject({
      type: 'rollout.check',
      data: { rolloutId: 'lock-doors', wave: 2, check: 'smoke', since: facts.since, tally: facts.tally },
    });
    expect(() => new Webhook(SECRET).verify(body.replace('lock', 'open'), headers as Record<string, string>)).toThrow();
  });

  it.each<[string, (response: ServerResponse) => unknown, string]>([
    ['another verdict', (response) => json(response, 200, { verdict: 'maybe' }), 'no verdict'],
    ['no JSON', (response) => response.end('fine'), 'no verdict'],
    ['a bad status', (response) => json(response, 503, { verdict: 'proceed' }), 'answered 503'],
    ['a redirect', (response) => response.writeHead(307, { location: 'http://127.0.0.1:1/' }).end(), 'redirect'],
    ['a long answer', (response) => response.end('x'.repeat(300_000)), 'longer than'],
    ['a broken line', (response) => response.destroy(), 'the call failed'],
  ])('is inconclusive on %s, and says what came', async (_name, answer, reason) => {
    const result = await hook(answer);

    expect(result).toMatchObject({ kind: 'inconclusive', reason: expect.stringContaining(reason) as string });
    expect(JSON.stringify(result)).not.toContain('hidden');
  });

  it('is inconclusive when no answer comes in time', async () => {
    await expect(hook(() => undefined, { timeoutMs: 100 })).resolves.toMatchObject({
      kind: 'inconclusive',
      reason: expect.stringContaining('within 100 ms') as string,
    });
  });

  it.each(['NO_SECRET', 'BAD_SECRET'])('sends nothing when the secret in %s cannot be used', async (secretEnv) => {
    const result = await hook((response) => json(response, 200, { verdict: 'proceed' }), { secretEnv });

    expect(result).toMatchObject({ kind: 'inconclusive', reason: expect.stringContaining(secretEnv) as string });
    expect(server?.received).toEqual([]);
  });
});

describe('prometheus', () => {
  /** Shapes as in Prometheus HTTP API, "Expression query result formats". */
  const vector = (...values: readonly string[]) => ({
    status: 'success',
    data: {
      resultType: 'vector',
      result: values.map((value, index) => ({
        metric: { __name__: 'errors', instance: `door-${index}` },
        value: [1435781451.781, value],
      })),
    },
  });
  const prometheus = async (
    status: number,
    body: unknown,
    is: Bound = { op: '<', value: 5 },
    change: Partial<Extract<Check, { kind: 'prometheus' }>> = {},
  ): Promise<CheckResult> => {
    const { url } = await listen((response) => json(response, status, body));
    return asking({ kind: 'prometheus', name: 'errors', url, query: 'errors', is, ...change });
  };

  it.each<[string, unknown, Bound, CheckResult['kind']]>([
    ['every sample within', vector('1', '4.9'), { op: '<', value: 5 }, 'passed'],
    ['one at the bound of <', vector('1', '5'), { op: '<', value: 5 }, 'failed'],
    ['one at the bound of <=', vector('1', '5'), { op: '<=', value: 5 }, 'passed'],
    ['one at the bound of >', vector('5', '6'), { op: '>', value: 5 }, 'failed'],
    ['one at the bound of >=', vector('5', '6'), { op: '>=', value: 5 }, 'passed'],
    ['+Inf against <', vector('+Inf'), { op: '<', value: 5 }, 'failed'],
    ['+Inf against >', vector('+Inf'), { op: '>', value: 5 }, 'passed'],
    ['NaN', vector('1', 'NaN'), { op: '<', value: 5 }, 'inconclusive'],
    ['no sample', vector(), { op: '<', value: 5 }, 'inconclusive'],
    [
      'a scalar',
      { status: 'success', data: { resultType: 'scalar', result: [1, '3'] } },
      { op: '<', value: 5 },
      'passed',
    ],
    [
      'a string',
      { status: 'success', data: { resultType: 'string', result: [1, '3'] } },
      { op: '<', value: 5 },
      'inconclusive',
    ],
    [
      'a matrix',
      { status: 'success', data: { resultType: 'matrix', result: [{ metric: {}, values: [[1, '3']] }] } },
      { op: '<', value: 5 },
      'inconclusive',
    ],
    [
      'a native histogram',
      { status: 'success', data: { resultType: 'vector', result: [{ metric: {}, histogram: [1, {}] }] } },
      { op: '<', value: 5 },
      'inconclusive',
    ],
    [
      'a part that is missing',
      { ...vector('1'), warnings: ['a store did not answer'] },
      { op: '<', value: 5 },
      'inconclusive',
    ],
    ['something else', { hello: 'world' }, { op: '<', value: 5 }, 'inconclusive'],
  ])('judges %s', async (_name, body, is, kind) => {
    await expect(prometheus(200, body, is)).resolves.toMatchObject({ kind });
  });

  it('repeats why the server refused', async () => {
    const body = { status: 'error', errorType: 'bad_data', error: 'parse error: unexpected end' };

    await expect(prometheus(400, body)).resolves.toMatchObject({
      kind: 'inconclusive',
      reason: expect.stringContaining('parse error') as string,
    });
  });

  it("asks the query API with the wave's facts in the query, and the token in a header", async () => {
    const query = 'increase(errors{rollout="$rollout",wave="$wave",path=~"a$"}[$since])';
    await prometheus(200, vector('1'), undefined, { query, tokenEnv: 'PROM_TOKEN' });
    const [{ path, headers, body } = NOTHING] = server?.received ?? [];

    expect(path).toBe('/api/v1/query');
    expect(headers.authorization).toBe('Bearer token-17');
    expect(new URLSearchParams(body).get('query')).toMatch(
      /^increase\(errors\{rollout="lock-doors",wave="2",path=~"a\$"\}\[9\ds\]\)$/,
    );
  });

  it('sends no token over plain http to another machine', async () => {
    const check = { kind: 'prometheus', name: 'errors', query: 'errors', is: { op: '<', value: 5 } } as const;
    const result = await asking({ ...check, url: 'http://prometheus.test:9090', tokenEnv: 'PROM_TOKEN' });

    expect(result).toMatchObject({ kind: 'inconclusive', reason: expect.stringContaining('plain http') as string });
    expect(JSON.stringify(result)).not.toContain('token-17');
  });
});
