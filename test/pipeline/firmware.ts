import { chosen, deviceIdsOf } from '../../device/behaviour';
import type { GateVerdict } from '../../domain/gate';
import { seededOrder } from '../../domain/order';
import type { RolloutState } from '../../domain/progress';
import { inspectHub } from '../support/stack-programs';
import type { KeptState } from '../support/telemetry-programs';
import { HUB, type PipelineStand, verdictsOf } from './stand';

export interface FirmwareOptions {
  readonly devices: number;
  readonly canaries: number;
  readonly telemetryMs: number;
  /** Whether the past is compared, too: only where the pipeline keeps it for longer than all this may take. */
  readonly past: boolean;
}

const PREFIX = 'door';
const [OLD, NEW] = ['1.0.0', '2.0.0'];
const BAD_SHARE = 0.05;

/** Wholly after the change: one that has ended, since a newer one has begun. */
const WINDOWS_SINCE = 2;
/** With the old firmware: the first may be cut off by the device's start, the last by that of the wave. */
const WINDOWS_BEFORE = 3;

interface Cast {
  readonly rolloutId: string;
  readonly canaries: readonly string[];
  readonly bad: readonly string[];
}

/** A rollout whose canaries have just their share of the bad devices: which are canaries follows from its id. */
function castOf({ devices, canaries: size }: FirmwareOptions): Cast {
  const ids = deviceIdsOf(PREFIX, devices);
  const all = chosen(ids, BAD_SHARE, `firmware ${NEW}`);
  const wanted = Math.max(1, Math.round(BAD_SHARE * size));
  for (let number = 1; ; number += 1) {
    const rolloutId = `firmware-${number}`;
    const canaries = seededOrder(ids, (id) => `${HUB}/${id}`, rolloutId).slice(0, size);
    const bad = canaries.filter((id) => all.has(id));
    if (bad.length === wanted) return { rolloutId, canaries, bad };
  }
}

/** It soaks until the scenario has seen that the tables have what the checks need: see {@link letGo}. */
const specOf = (rolloutId: string, { canaries, past }: FirmwareOptions): string => `
apiVersion: groundswell/v1
name: ${rolloutId}
target: { hubs: [${HUB}], where: tags.kind = 'door' }
action:
  method: { name: installFirmware, payload: { version: ${NEW} } }
waves: [${canaries}, 30%, rest]
gate:
  failureLimit: 0%
  soak: 1d
  checks:
    - { name: readings, telemetry: { rejected: true, value: '<= 2%', untouched: { difference: '<= 1%' }, grace: 0s } }
    - { name: there, telemetry: { missing: true, value: '<= 0%', grace: 0s } }
    - name: temperature
      telemetry: { mean: Celsius, untouched: { difference: '-5 to 5' }, ${past ? "past: { difference: '-5 to 5' }, " : ''}grace: 0s }
executor: direct
batch: { size: ${canaries} }
onBreach: rollback
rollback:
  action:
    method: { name: installFirmware, payload: { version: ${OLD} } }
`;

const every = async (stand: PipelineStand, ids: readonly string[], is: (state: KeptState) => boolean) => {
  const states = new Map((await stand.states()).map((state) => [state.deviceId, state]));
  return ids.every((id) => {
    const state = states.get(id);
    return state !== undefined && is(state);
  });
};

async function soaking(stand: PipelineStand, rolloutId: string): Promise<number> {
  let endedAt = 0;
  await stand.until('the canaries have the new firmware, and soak', async () => {
    const look = JSON.parse(await stand.groundswell('rollout', 'status', rolloutId, '--json')) as {
      state?: RolloutState;
    };
    endedAt = Date.parse(look.state?.waves[0]?.endedAt ?? '');
    return look.state?.status === 'soaking';
  });
  return endedAt;
}

/** Ends the soak once all devices have sent enough since the wave has ended. */
async function letGo(stand: PipelineStand, rolloutId: string, ids: readonly string[]): Promise<void> {
  const endedAt = await soaking(stand, rolloutId);
  await stand.until('all devices have sent since', () =>
    every(stand, ids, ({ windows }) => windows.filter((at) => at >= endedAt).length >= WINDOWS_SINCE),
  );
  await stand.groundswell(
    'rollout',
    'change',
    rolloutId,
    '--soak',
    '1s',
    '--reason',
    'enough was sent',
    '--as',
    'pipeline',
  );
}

/**
 * New firmware with which one canary in twenty reads 200 degrees, while every method is answered with 200. @returns what is
 * wrong, in words: telemetry must stop the second wave, and the way back must mend the readings
 */
export async function firmwareProblems(stand: PipelineStand, options: FirmwareOptions): Promise<string[]> {
  const { devices, telemetryMs } = options;
  const ids = deviceIdsOf(PREFIX, devices);
  const cast = castOf(options);
  await stand.fleet(
    ...['--count', String(devices), '--prefix', PREFIX, '--telemetry-ms', String(telemetryMs)],
    ...['--bad-firmware', `${NEW}:${BAD_SHARE * 100}%`],
  );
  await stand.until('all devices have a past', () =>
    every(stand, ids, ({ windows, version }) => windows.length >= WINDOWS_BEFORE && version === OLD),
  );
  await stand.start(cast.rolloutId, specOf(cast.rolloutId, options));
  await letGo(stand, cast.rolloutId, ids);
  const problems = await shownProblems(stand, cast);
  const state = await stand.rest(cast.rolloutId);
  problems.push(
    ...rolloutProblems(stand, state, cast),
    ...(await shownEndProblems(stand, cast, state)),
    ...(await twinProblems(stand, cast)),
    ...(await readingProblems(stand, cast, ids)),
    ...stand.page.complaints,
  );
  await stand.endFleet();
  return problems;
}

const soakVerdictOf = (state: RolloutState): GateVerdict | undefined =>
  verdictsOf(state).find(({ after }) => after === 'soak')?.verdict;

/** What somebody sees who looks at the page's devices after the wave. */
async function shownProblems({ page }: PipelineStand, { canaries, bad }: Cast): Promise<string[]> {
  const devices = async (filters: string, count: number): Promise<string[]> => {
    await page.go({ kind: 'devices', query: new URLSearchParams(filters) });
    return page.lacks(`${count} devices with ${filters}`, page.find(`.counts[data-shown="${count}"]`));
  };
  return [...(await devices(`version=${NEW}`, canaries.length)), ...(await devices('rejected=yes', bad.length))];
}

/** And what at the rollout, who follows its link, when it has ended. */
async function shownEndProblems(
  { page }: PipelineStand,
  { rolloutId, canaries }: Cast,
  state: RolloutState,
): Promise<string[]> {
  const reason = soakVerdictOf(state)?.reason ?? 'none';
  const untouched = state.waves[1]?.deviceCount ?? 0;
  await page.go({ kind: 'rollouts' });
  await page.find('.rollouts a', rolloutId).click();
  const shown = {
    'that it was rolled back': page.find('[role=status][data-state=rolledBack]'),
    'the verdict with its numbers': page.find('.verdicts [data-verdict=rollback]', reason),
    'what the check was judged on': page.find('.verdicts .finding-failed'),
    'the first wave as done': page.find(`[aria-label="Wave 1"][aria-valuenow="${canaries.length}"]`),
    'the second wave as untouched': page.find(`[aria-label="Wave 2"][aria-valuemax="${untouched}"][aria-valuenow="0"]`),
    'the way back as done': page.find(`[aria-label="undo 1"][aria-valuenow="${canaries.length}"]`),
  };
  const missing = await Promise.all(Object.entries(shown).map(([what, locator]) => page.lacks(what, locator)));
  return missing.flat();
}

function rolloutProblems(stand: PipelineStand, state: RolloutState, { canaries, bad }: Cast): string[] {
  const verdict = soakVerdictOf(state);
  const begun = state.waves.filter(({ startedAt }) => startedAt !== undefined).map(({ index }) => index);
  const { succeeded } = state.waves[0]?.tally ?? { succeeded: 0 };
  return [
    ...(state.status === 'rolledBack' ? [] : [`the rollout is ${state.status}: ${state.waitsFor?.why ?? ''}`]),
    ...(String(begun) === '1' ? [] : [`the waves ${String(begun)} have begun, not the first alone`]),
    ...(succeeded === canaries.length ? [] : [`${succeeded} of ${canaries.length} canaries have answered 200`]),
    ...(verdict === undefined ? ['no gate was asked after the soak'] : verdictProblems(stand, verdict, bad)),
  ];
}

interface Inputs {
  readonly wave: { readonly value: number };
  readonly untouched: { readonly value: number };
  readonly examples?: readonly { readonly deviceId: string }[];
}

function verdictProblems(
  stand: PipelineStand,
  { kind, reason, findings = [] }: GateVerdict,
  bad: readonly string[],
): string[] {
  const kinds = findings.map((finding) => `${finding.name} ${finding.kind}`).join(', ');
  const {
    wave,
    untouched,
    examples = [],
  } = findings.find(({ name }) => name === 'readings')?.inputs as unknown as Inputs;
  const named = examples.map(({ deviceId }) => deviceId).sort();
  stand.measured.push(`the gate said ${kind}: ${reason}`);
  return [
    ...(kinds === 'readings failed, there passed, temperature passed' ? [] : [`the checks found ${kinds}`]),
    ...(wave.value > 0.02 && untouched.value === 0 ? [] : [`${wave.value} beside ${untouched.value} were rejected`]),
    ...(String(named) === String([...bad].sort().slice(0, 5))
      ? []
      : [`named were ${String(named)}, bad are ${String(bad)}`]),
  ];
}

/** Only canaries were called: once to the new firmware, once back. */
async function twinProblems(stand: PipelineStand, { canaries }: Cast): Promise<string[]> {
  const { twins } = await stand.looks.run(inspectHub, { connectionString: stand.hub });
  return twins.flatMap(({ deviceId, properties: { reported } }) => {
    const { installFirmware: calls = 0 } = (reported['calls'] ?? {}) as { installFirmware?: number };
    const wanted = canaries.includes(deviceId) ? 2 : 0;
    return calls === wanted ? [] : [`${deviceId} was called ${calls} times, not ${wanted}`];
  });
}

/** All are on the old firmware, and nothing is rejected any more. */
async function readingProblems(stand: PipelineStand, { bad }: Cast, ids: readonly string[]): Promise<string[]> {
  await stand.until('all devices tell the old version', () => every(stand, ids, ({ version }) => version === OLD));
  const before = new Map((await stand.states()).map((state) => [state.deviceId, state]));
  await stand.until('the bad canaries have sent more', () =>
    every(stand, bad, ({ deviceId, count }) => count >= (before.get(deviceId)?.count ?? 0) + 3),
  );
  return (await stand.states())
    .filter(({ deviceId, rejected }) => ids.includes(deviceId) && rejected !== before.get(deviceId)?.rejected)
    .map(({ deviceId }) => `of ${deviceId} messages are still rejected`);
}
