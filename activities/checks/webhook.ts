import type { Check, JsonObject } from '../../domain/spec';
import type { CheckInput, CheckResult } from '../contracts';
import { type Answer, ask, cut, hostOf, jsonOf, troubleText } from '../outbound/ask';
import { headersOf, type Variables } from '../outbound/signing';

type WebhookCheck = Extract<Check, { kind: 'webhook' }>;

/** What the service is told. */
const bodyOf = ({ rolloutId, wave, check, tally, since }: CheckInput): string =>
  JSON.stringify({
    type: 'rollout.check',
    timestamp: new Date().toISOString(),
    data: { rolloutId, wave, check: check.name, since, tally },
  });

interface Verdict {
  readonly verdict: 'proceed' | 'hold' | 'abort';
  readonly reason: string;
}

function verdictOf(value: unknown): Verdict | undefined {
  if (typeof value !== 'object' || value === null || !('verdict' in value)) return undefined;
  const { verdict } = value;
  const reason = 'reason' in value && typeof value.reason === 'string' ? cut(value.reason) : 'no reason given';
  return verdict === 'proceed' || verdict === 'hold' || verdict === 'abort' ? { verdict, reason } : undefined;
}

function resultOf(answer: Answer, host: string): CheckResult {
  const came = (inputs: JsonObject, reason: string): CheckResult => ({
    kind: 'inconclusive',
    reason: `${host} ${reason}`,
    inputs: { host, ...inputs },
  });
  if (answer.kind !== 'answered') return came({}, `gave no verdict: ${troubleText(answer)}`);
  const { status, text } = answer;
  const facts = { status, answer: cut(text) };
  if (status < 200 || status > 299) return came(facts, `answered ${status}`);
  const found = verdictOf(jsonOf(text));
  if (found === undefined) return came(facts, 'answered no verdict: proceed, hold or abort is asked for');
  const result = { reason: `${host} says ${found.verdict}: ${found.reason}`, inputs: { host, ...facts } };
  return found.verdict === 'proceed'
    ? { kind: 'passed', ...result }
    : { kind: 'failed', wants: found.verdict, ...result };
}

/**
 * Asks a service of the user's for a verdict on a wave: `{ "verdict": "proceed" | "hold" | "abort", "reason": "…" }`.
 *
 * @param id unique a question, the same when it is asked again
 * @throws MissingSecret
 */
export async function askWebhook(
  check: WebhookCheck,
  input: CheckInput,
  { id, variables, signal }: { readonly id: string; readonly variables: Variables; readonly signal?: AbortSignal },
): Promise<CheckResult> {
  const body = bodyOf(input);
  const { url, timeoutMs, secretEnv } = check;
  const headers = headersOf({ id, body, secretEnv }, variables);
  return resultOf(await ask({ url, headers, body, timeoutMs, signal }), hostOf(url));
}
