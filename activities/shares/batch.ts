import type { GroundswellError } from '../../domain/errors';
import type { JobId } from '../../domain/ids';
import type { BatchRef, Checkpoint } from '../../domain/share';
import type { Action, RolloutSpec } from '../../domain/spec';
import type { DeviceOutcome } from '../../domain/tally';
import type { BatchWatch, Deed, Executor } from '../executors/executor';
import type { BatchDevice, BatchRecord, Results, Sources } from '../ledger/results';
import type { Hub } from '../ports';
import type { Isolation } from './isolation';
import { quarantined } from './quarantine';
import { keepSnapshots } from './snapshots';

/** A batch that is to run, or to be brought in. */
export interface PlannedRun extends BatchRef {
  readonly devices: readonly BatchDevice[];
  readonly sources?: Sources;
}

/** How it ended; `stopped` and `broken` have what was done of it. */
export type RunEnd =
  | { readonly kind: 'ended'; readonly record: BatchRecord }
  | { readonly kind: 'stopped'; readonly outcomes: readonly DeviceOutcome[] }
  /** It cannot be run until a person has mended something. */
  | { readonly kind: 'broken'; readonly error: GroundswellError; readonly outcomes: readonly DeviceOutcome[] }
  | { readonly kind: 'neverStarted' };

export interface BatchParts {
  readonly results: Results;
  readonly target: Hub;
  readonly executor: Executor;
  readonly isDirect: boolean;
  /** Whether a batch takes a job slot of its hub, although its devices are known one by one. */
  readonly takesJobSlot?: boolean;
  readonly deed: Deed;
  readonly spec: RolloutSpec;
  /** From the last heartbeat of an earlier try of this activity. */
  readonly checkpoints: readonly Checkpoint[];
  /** Jobs that failed, and that a person lets be tried again. */
  readonly passOver: readonly JobId[];
  /** Where the spec has a hub for quarantine. */
  readonly isolation?: Isolation;
}

const refOf = ({ rolloutId, pass, wave, part, hub, attempt, batch }: BatchRef): BatchRef => ({
  rolloutId,
  pass,
  wave,
  part,
  hub,
  attempt,
  batch,
});

const now = (): string => new Date().toISOString();

/** What is known of a batch's devices from before. */
interface Known {
  /** Settled, in records of parts. */
  readonly kept: readonly DeviceOutcome[];
  /** Answers of calls that a heartbeat told of; not confirmed yet. */
  readonly told: readonly DeviceOutcome[];
}

async function knownOf(parts: BatchParts, at: BatchRef): Promise<Known> {
  const { results, checkpoints, isDirect, passOver, isolation } = parts;
  // Of a job something is known from before only where one has failed.
  if (!isDirect && passOver.length === 0) return { kept: [], told: [] };
  const kept = await results.partOf(at);
  const due = isolation === undefined ? [] : await results.due(at);
  const said = checkpoints.find(({ attempt, batch }) => attempt === at.attempt && batch === at.batch)?.outcomes ?? [];
  const told = new Map([...said, ...due].map((outcome) => [outcome.deviceId, outcome]));
  for (const { deviceId } of kept) told.delete(deviceId);
  return { kept, told: [...told.values()] };
}

const isTwin = (deed: Deed): deed is Extract<Action, { kind: 'twin' }> => deed.kind === 'twin';

/** What must be in the ledger before a first device is touched. */
async function prepare(parts: BatchParts, run: PlannedRun, beat: () => void): Promise<PlannedRun> {
  const { results, target, deed, isDirect } = parts;
  const isPlanned = run.pass === 'wave' && run.attempt === 1;
  const [home] = run.devices.map((device) => device.home);
  if (isPlanned && isTwin(deed) && home !== undefined) {
    const at = { rolloutId: run.rolloutId, ...home };
    await keepSnapshots(results, target, at, { action: deed, devices: run.devices, beat });
  }
  if (isPlanned && !isDirect) return run;
  const { devices, ...rest } = run;
  const begun = await results.begin({
    ...refOf(run),
    ...sourcesOf(rest),
    startedAt: now(),
    ...(!isPlanned && { devices }),
  });
  return begun.devices === undefined ? run : { ...run, devices: begun.devices, ...sourcesOf(begun) };
}
const sourcesOf = ({ sources }: { readonly sources?: Sources }) => (sources === undefined ? {} : { sources });

/**
 * Runs one batch to its end and writes its record, or, to settle, brings in what was begun of it.
 *
 * Safe to repeat: a batch with a record is not run again, and its executor finds what was begun.
 *
 * @param go asked once everything is ready: whether the batch may still begin
 */
export async function runBatch(
  parts: BatchParts,
  planned: PlannedRun,
  watch: BatchWatch,
  go: () => Promise<boolean>,
): Promise<RunEnd> {
  const { results, executor, target, deed, spec, isDirect, passOver } = parts;
  const earlier = await results.find(planned);
  if (earlier !== undefined) return { kind: 'ended', record: earlier };
  const known = await knownOf(parts, planned);
  const settling = watch.mode === 'settle';
  if (settling && isDirect && (await results.begun(planned)) === undefined)
    return { kind: 'stopped', outcomes: known.kept };

  const beat = (): void => watch.beat(0);
  const run = settling ? planned : await prepare(parts, planned, beat);
  if (!settling && !(await go())) return { kind: 'stopped', outcomes: known.kept };
  const startedAt = now();
  const batch = { ...run, target, deed, rule: spec.batch, known: [...known.kept, ...known.told], passOver };
  const end = await executor.run(batch, watch);
  if (end.kind === 'neverStarted') return end;

  const before = new Set(known.kept.map(({ deviceId }) => deviceId));
  const newer = end.outcomes.filter(({ deviceId }) => !before.has(deviceId));
  const outcomes = inOrder(run, [...known.kept, ...(await quarantined(parts, run, newer, watch))]);
  const jobId = end.kind === 'ended' && end.jobId !== undefined ? { jobId: end.jobId } : {};
  const record = { ...refOf(run), ...jobId, startedAt, endedAt: now(), ...sourcesOf(run), outcomes };
  if (end.kind === 'ended') return { kind: 'ended', record: await results.settle(record) };
  if (outcomes.length > 0) await results.keepPart(record);
  return end.kind === 'broken' ? { ...end, outcomes } : { kind: 'stopped', outcomes };
}

function inOrder({ devices }: PlannedRun, outcomes: readonly DeviceOutcome[]): DeviceOutcome[] {
  const byDevice = new Map(outcomes.map((outcome) => [outcome.deviceId, outcome]));
  return devices.flatMap(({ deviceId }) => byDevice.get(deviceId) ?? []);
}
