import type { z } from 'zod';
import type { Bound, Check, Gate } from '../../domain/spec';
import { exactlyOneOf, listOf, matching, record, text, whole, wordOrObject } from '../fields';
import { health } from './health';
import { duration, httpsUrl, label, secretName, share } from './units';

const BOUND = /^(<=|>=|<|>)\s*(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)$/;
const BOUND_FORM = "a comparison with a number, such as '< 0.01' or '>= 5'";

const bound = matching(BOUND, BOUND_FORM)
  .meta({ allowed: '`<`, `<=`, `>` or `>=`, and a number' })
  .transform((written): Bound => {
    const [, op, value] = BOUND.exec(written) ?? [];
    return { op: op as Bound['op'], value: Number(value) };
  });

const webhook = record({
  url: httpsUrl.describe("Gets the wave's facts by POST; answers proceed, hold or abort, with a reason."),
  timeout: duration('1s', '60s').prefault('10s').describe('No answer within it is inconclusive, and holds.'),
  secretEnv: secretName
    .optional()
    .describe("Variable of the worker's environment with the secret that signs the request."),
});

const prometheus = record({
  url: httpsUrl.describe('Base URL of the server; `/api/v1/query` is added.'),
  query: text('a PromQL expression').describe('An instant query.'),
  is: bound.describe('What every sample of the answer must be. An answer without samples is inconclusive, and holds.'),
  tokenEnv: secretName.optional().describe("Variable of the worker's environment with a bearer token."),
});

const one = exactlyOneOf('webhook', 'prometheus', 'telemetry');
const check = record({
  name: label.describe('Names the check in decisions.'),
  webhook: webhook.optional().describe('Asks a service of yours.'),
  prometheus: prometheus.optional().describe('Asks a Prometheus server.'),
  telemetry: health.optional().describe('Looks at what the wave\'s devices send; see "Telemetry" below.'),
})
  .refine(one.test, one.options)
  .meta(one.meta)
  .transform(({ name, webhook: hook, prometheus: query, telemetry: rule }): Check => {
    if (hook !== undefined) {
      const { timeout, ...rest } = hook;
      return { kind: 'webhook', name, timeoutMs: timeout, ...rest };
    }
    if (query !== undefined) return { kind: 'prometheus', name, ...query };
    if (rule === undefined) throw new Error('exactlyOneOf lets no check without a question through');
    return { kind: 'telemetry', name, ...rule };
  });

const checks = listOf(check, 20, 'checks').refine(
  (list) => new Set(list.map(({ name }) => name)).size === list.length,
  { error: 'checks, no two of one name' },
);

const limits = record({
  any: share().prefault('5%').describe('As `failureLimit` itself: (failed + timedOut) / finished.'),
  failed: share().optional().describe('failed / finished.'),
  timedOut: share().optional().describe('timedOut / finished.'),
  offline: share().optional().describe('offline / (finished + offline).'),
});

/** A percentage for all failures together, or an object with more limits. */
const failureLimit = wordOrObject(
  share().transform((any): z.output<typeof limits> => ({ any })),
  limits,
);

const judging = {
  failureLimit: failureLimit
    .prefault('5%')
    .describe('Asked after every batch; see "The gate" below. A percentage, or an object with a limit for each kind.'),
  minimum: whole(1, 1_000_000).default(1).describe('No limit is asked before this many devices have finished.'),
  successTarget: share().prefault('95%').describe('Asked after every wave; see "The gate" below.'),
};

const judgingOf = ({
  failureLimit: { any, ...limits },
  minimum,
  successTarget,
}: z.output<z.ZodObject<typeof judging>>) => ({
  failureLimit: any,
  limits,
  minimum,
  successTarget,
});

export const gate = record({
  ...judging,
  soak: duration('0s', '30d')
    .prefault('0s')
    .describe('Rest between a wave that passed and the next one. At its end the checks are asked again.'),
  checks: checks
    .optional()
    .describe(
      'Asked after each wave that has met its target, and again when it has soaked. Those of telemetry wait for the soak, which the last wave then has, too.',
    ),
}).transform(({ soak, checks: asked = [], ...rest }): Gate => ({ ...judgingOf(rest), soakMs: soak, checks: asked }));

/** The gate of a rollback's waves: it never soaks, and asks nobody. */
export const rollbackGate = record(judging).transform(judgingOf);
