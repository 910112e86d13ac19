import type { DeviceId } from '../../domain/ids';
import { cut, isFailure } from '../../domain/outcome';
import type { QuarantineRule, RolloutSpec } from '../../domain/spec';
import type { DeviceOutcome } from '../../domain/tally';
import type { BatchWatch } from '../executors/executor';
import type { Results } from '../ledger/results';
import type { Hub } from '../ports';
import type { PlannedRun } from './batch';
import type { Isolation } from './isolation';

export interface QuarantineParts {
  readonly results: Pick<Results, 'keepDue'>;
  readonly spec: RolloutSpec;
  readonly target: Hub;
  /** Where the rule names a hub. */
  readonly isolation?: Isolation;
}

const isDue = ({ after }: QuarantineRule, run: PlannedRun): ((outcome: DeviceOutcome) => boolean) => {
  const failures = new Map(run.devices.map((device) => [device.deviceId, device.failures]));
  return (outcome) => isFailure(outcome) && (failures.get(outcome.deviceId) ?? 0) + 1 >= after;
};

async function tagged(
  target: Hub,
  { tags }: QuarantineRule,
  due: readonly DeviceOutcome[],
  beat: () => void,
): Promise<readonly DeviceOutcome[]> {
  const settled: DeviceOutcome[] = [];
  for (const outcome of due) {
    beat();
    await target.turn('twinUpdates');
    const answer = await target.updateTwin(outcome.deviceId, { tags }, '*');
    settled.push(answer.kind === 'merged' ? { ...outcome, quarantined: true } : outcome);
  }
  return settled;
}

const told = (outcome: DeviceOutcome, words: string): string =>
  cut(outcome.detail === undefined ? words : `${outcome.detail}; ${words}`);

/**
 * Sets the devices apart that have failed often enough: by tags, so that other rollouts can leave them out, and on a hub for
 * quarantine where the rule names one. One that cannot be moved is tagged where it is, and its outcome says why.
 *
 * @param outcomes of the batch that are new
 * @returns        the same devices, in the same order
 */
export async function quarantined(
  { results, spec, target, isolation }: QuarantineParts,
  run: PlannedRun,
  outcomes: readonly DeviceOutcome[],
  watch: BatchWatch,
): Promise<readonly DeviceOutcome[]> {
  const rule = spec.quarantine;
  if (rule === undefined || run.pass === 'rollback') return outcomes;
  const due = outcomes.filter(isDue(rule, run));
  if (due.length === 0) return outcomes;
  if (isolation === undefined)
    return merged(outcomes, await tagged(target, rule, due, () => watch.beat(outcomes.length)));
  // Whoever runs the batch again would find them gone.
  await results.keepDue(run, due);
  const { moved, stayed } = await isolation.move(run, due, outcomes, watch);
  return outcomes.map((outcome): DeviceOutcome => {
    const why = stayed.get(outcome.deviceId);
    if (moved.has(outcome.deviceId)) {
      const detail = told(outcome, `moved to the quarantine hub ${isolation.hub}`);
      return { ...outcome, detail, quarantined: true, movedTo: isolation.hub };
    }
    if (why === undefined) return outcome;
    const detail = told(outcome, `could not be moved to the quarantine hub ${isolation.hub}: ${why.reason}`);
    return { ...outcome, detail, ...(why.tagged && { quarantined: true }) };
  });
}

function merged(outcomes: readonly DeviceOutcome[], newer: readonly DeviceOutcome[]): readonly DeviceOutcome[] {
  const byDevice = new Map<DeviceId, DeviceOutcome>(newer.map((outcome) => [outcome.deviceId, outcome]));
  return outcomes.map((outcome) => byDevice.get(outcome.deviceId) ?? outcome);
}
