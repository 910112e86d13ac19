import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isShare, judgeHealth, measureText, type Side } from '../../domain/health';
import type { Check, HealthMeasure, JsonObject } from '../../domain/spec';
import { beat } from '../beat';
import type { CheckInput, CheckResult } from '../contracts';
import { type Found, measure, type Question, sinceOf } from '../health/measure';
import { plannedCount } from '../health/members';
import type { TelemetrySource } from '../health/source';
import type { Plans } from '../ledger/plans';
import { withWorkspace } from '../planning/workspace';

type TelemetryCheck = Extract<Check, { kind: 'telemetry' }>;

/** Where a check of telemetry finds what it compares. */
export interface Telemetry {
  readonly source: TelemetrySource;
  readonly plans: Pick<Plans, 'record' | 'chunks' | 'chunk'>;
}

const inconclusive = (reason: string, inputs: JsonObject): CheckResult => ({ kind: 'inconclusive', reason, inputs });

const iso = (ms: number): string => new Date(ms).toISOString();
/** Six digits: the history needs no more. */
const rounded = (value: number): number => Number(value.toPrecision(6));

const sideFacts = ({ devices, value }: Side): JsonObject => ({
  devices,
  ...(value !== undefined && { value: rounded(value) }),
});

const plannedOf = ({ planned, hubs }: Question): number =>
  hubs.reduce((sum, hub) => sum + plannedCount(planned, hub, 'wave'), 0);

/** What the verdict was made from; the same few numbers whatever the number of devices. */
function factsOf(question: Question, { measured: { wave, untouched, past } }: Found): JsonObject {
  const { rule, changedFromMs, changedToMs } = question;
  return {
    measure: measureText(rule.measure),
    changed: { from: iso(changedFromMs), to: iso(changedToMs) },
    since: iso(sinceOf(question)),
    wave: { planned: plannedOf(question), ...sideFacts(wave) },
    ...(rule.untouched && untouched && { untouched: untouched === 'nobody' ? untouched : sideFacts(untouched) }),
    ...(rule.past && past && { past: { ...sideFacts(past), from: iso(changedFromMs - rule.past.forMs) } }),
  };
}

/** Those that stand out: of shares only those that have some of it. */
const examplesOf = ({ examples }: Found, measured: HealthMeasure, side: 'above' | 'below'): JsonObject[] =>
  examples
    .at(side)
    .filter(({ value }) => !isShare(measured) || value > 0)
    .map(({ hub, deviceId, value }) => ({ hub, deviceId, value: rounded(value) }));

const staleText = ({ stale }: Found, since: number): string =>
  stale
    .map(({ hub, newestMs }) =>
      newestMs === undefined
        ? `no device of ${hub} has ever sent anything`
        : `nothing of ${hub} is newer than ${iso(since)}: the latest is of ${iso(newestMs)}`,
    )
    .join('; ');

function verdictOf(question: Question, found: Found): CheckResult {
  const facts = factsOf(question, found);
  if (found.stale.length > 0) {
    const why = `${staleText(found, sinceOf(question))}; the pipeline is late or stands still, or no device sends`;
    return inconclusive(why, facts);
  }
  const { rule } = question;
  const { kind, reason, side } = judgeHealth(rule, found.measured);
  const examples = side === undefined ? [] : examplesOf(found, rule.measure, side);
  return { kind, reason, inputs: { ...facts, ...(examples.length > 0 && { examples }) } };
}

async function questionOf(check: TelemetryCheck, input: CheckInput, plans: Telemetry['plans']): Promise<Question> {
  const { rolloutId, wave, changed } = input;
  const record = await plans.record(rolloutId);
  const about = { wave, unfinished: changed.unfinished };
  return {
    rule: check,
    planned: { plans, chunks: await plans.chunks(record), about },
    hubs: record.spec.target.hubs,
    changedFromMs: Date.parse(changed.from),
    changedToMs: Date.parse(changed.to),
  };
}

/** Compares what a wave's devices send. Without a source, or without data that is new enough, the check is inconclusive. */
export async function askTelemetry(
  check: TelemetryCheck,
  input: CheckInput,
  telemetry: Telemetry | undefined,
): Promise<CheckResult> {
  const facts = { measure: measureText(check.measure) };
  if (telemetry === undefined) return inconclusive('the stack of this worker has no telemetry', facts);
  const since = sinceOf({ rule: check, changedToMs: Date.parse(input.changed.to) });
  if (Date.now() < since) {
    return inconclusive(
      `asked before messages count, from ${iso(since)} on: gate.soak is to be longer than grace`,
      facts,
    );
  }
  const question = await questionOf(check, input, telemetry.plans);
  const found = await withWorkspace((folder) =>
    measure(question, telemetry.source, {
      async folderOf(hub) {
        const own = join(folder, String(question.hubs.indexOf(hub)));
        await mkdir(own);
        return own;
      },
      alive: (devices) => beat({ devices }),
    }),
  );
  return verdictOf(question, found);
}
