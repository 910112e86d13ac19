import type { Bound, Check, JsonObject } from '../../domain/spec';
import type { CheckInput, CheckResult } from '../contracts';
import { type Answer, ask, cut, hostOf, jsonOf, mayCarrySecrets, troubleText } from '../outbound/ask';
import { within } from './bound';
import { MissingSecret, secretOf, type Variables } from '../outbound/signing';

type PrometheusCheck = Extract<Check, { kind: 'prometheus' }>;

const TIMEOUT_MS = 30_000;
/** Samples that are shown with the verdict. */
const SHOWN = 5;

/** One sample: which series, and its value. */
interface Sample {
  readonly of: string;
  readonly value: number;
}

/**
 * Puts a wave's facts into a query: `$rollout` its id, `$wave` its number, `$since` the time since the wave began as a
 * duration of at least a second, as range selectors take it.
 *
 * @param now milliseconds since 1970
 * @example filledQuery('increase(errors{wave="$wave"}[$since])', { rolloutId: 'r', wave: 2, since: '2026-01-01T00:00:00Z' }, Date.UTC(2026, 0, 1, 0, 1)) // => 'increase(errors{wave="2"}[60s])'
 */
export function filledQuery(
  query: string,
  { rolloutId, wave, since }: { readonly rolloutId: string; readonly wave: number; readonly since: string },
  now: number,
): string {
  const seconds = Math.max(1, Math.ceil((now - Date.parse(since)) / 1_000));
  const values: Readonly<Record<string, string>> = { rollout: rolloutId, wave: String(wave), since: `${seconds}s` };
  return query.replace(/\$(rollout|wave|since)\b/g, (whole, name: string) => values[name] ?? whole);
}

/** The address of the query API: `url` is the server's, or the API's itself. Source: Prometheus HTTP API, "Instant queries". */
const endpointOf = (url: string): string =>
  /\/api\/v1\/query\/?$/.test(new URL(url).pathname) ? url : `${url.replace(/\/+$/, '')}/api/v1/query`;

/** Source: Prometheus HTTP API, "Expression query result formats": values are strings, with NaN, +Inf and -Inf. */
const numberOf = (text: unknown): number =>
  text === '+Inf' || text === 'Inf' ? Infinity : text === '-Inf' ? -Infinity : Number(text);

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isPoint = (value: unknown): value is readonly [number, string] =>
  Array.isArray(value) && value.length === 2 && typeof value[0] === 'number' && typeof value[1] === 'string';

function sampleOf(element: unknown): Sample | undefined {
  if (!isRecord(element) || !isPoint(element.value)) return undefined; // native histograms have no value
  return { of: JSON.stringify(element.metric ?? {}), value: numberOf(element.value[1]) };
}

/** @returns the samples, or why there are none to decide on */
function samplesOf(body: unknown): readonly Sample[] | string {
  if (!isRecord(body)) return 'the answer is not what Prometheus answers';
  if (body.status !== 'success' || !isRecord(body.data)) {
    return typeof body.error === 'string' ? cut(body.error, 300) : 'the answer is not what Prometheus answers';
  }
  // Thanos and others tell of parts that did not answer so: the samples may not be all.
  if (Array.isArray(body.warnings) && body.warnings.length > 0) return `warning: ${cut(String(body.warnings[0]), 300)}`;
  const { resultType, result } = body.data;
  if (resultType === 'scalar' && isPoint(result)) return [{ of: 'scalar', value: numberOf(result[1]) }];
  if (resultType !== 'vector' || !Array.isArray(result)) {
    return `the query answers ${typeof resultType === 'string' ? `a ${cut(resultType, 20)}` : 'nothing known'}, not a vector or a scalar`;
  }
  const samples = result.map(sampleOf);
  if (samples.length === 0) return 'the query found no sample';
  const whole = samples.filter((sample) => sample !== undefined);
  return whole.length === samples.length ? whole : 'the answer has a sample without a value';
}

const shown = (samples: readonly Sample[]): JsonObject => ({
  count: samples.length,
  samples: samples.slice(0, SHOWN).map(({ of, value }) => ({ of: cut(of, 200), value: String(value) })),
});

function judged(samples: readonly Sample[], { op, value }: Bound): CheckResult {
  const nan = samples.filter((sample) => Number.isNaN(sample.value));
  if (nan.length > 0) return { kind: 'inconclusive', reason: 'a sample is not a number (NaN)', inputs: shown(nan) };
  const outside = samples.filter((sample) => !within(sample.value, { op, value }));
  const [worst] = outside;
  if (worst === undefined) {
    return { kind: 'passed', reason: `all ${samples.length} samples are ${op} ${value}`, inputs: shown(samples) };
  }
  const reason = `${outside.length} of ${samples.length} samples are not ${op} ${value}: ${cut(worst.of, 200)} is ${worst.value}`;
  return { kind: 'failed', reason, inputs: shown(outside) };
}

function resultOf(answer: Answer, is: Bound, facts: JsonObject): CheckResult {
  const inconclusive = (reason: string, inputs: JsonObject = {}): CheckResult => ({
    kind: 'inconclusive',
    reason,
    inputs: { ...facts, ...inputs },
  });
  if (answer.kind !== 'answered') return inconclusive(troubleText(answer));
  const body = jsonOf(answer.text);
  const samples = samplesOf(body);
  if (typeof samples === 'string') return inconclusive(samples, { status: answer.status, answer: cut(answer.text) });
  if (answer.status !== 200) return inconclusive(`answered ${answer.status}`, { status: answer.status });
  const { inputs, ...verdict } = judged(samples, is);
  return { ...verdict, inputs: { ...facts, ...inputs } };
}

/** @throws MissingSecret when the token is not there, or would go over a line that others can read */
function authorization({ url, tokenEnv }: PrometheusCheck, variables: Variables): Record<string, string> {
  if (tokenEnv === undefined) return {};
  const token = secretOf(variables, tokenEnv);
  if (!mayCarrySecrets(url)) throw new MissingSecret(`${tokenEnv} is not sent over plain http to ${hostOf(url)}`);
  return { authorization: `Bearer ${token}` };
}

/** Runs an instant query; every sample of its answer must be within the bound. No sample is no answer. */
export async function askPrometheus(
  check: PrometheusCheck,
  input: CheckInput,
  { variables, signal }: { readonly variables: Variables; readonly signal?: AbortSignal },
): Promise<CheckResult> {
  const query = filledQuery(check.query, input, Date.now());
  const answer = await ask({
    url: endpointOf(check.url),
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...authorization(check, variables) },
    body: new URLSearchParams({ query, timeout: `${TIMEOUT_MS / 1_000}s` }).toString(),
    timeoutMs: TIMEOUT_MS,
    signal,
  });
  return resultOf(answer, check.is, { host: hostOf(check.url), query });
}
