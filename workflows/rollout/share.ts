import { CancellationScope, isCancellation } from '@temporalio/workflow';
import type { ShareInput, ShareResult } from '../../domain/share';
import { EMPTY_TALLY } from '../../domain/tally';
import { nextOpening, runShare } from '../calls';
import type { Task } from './crew';
import { faultOf } from './failures';
import { now } from './journal';
import type { Run } from './run';
import { endIfStopped, isFree, until } from './waits';

/** While this holds a share may begin batches. */
interface Opening {
  readonly until?: string;
}

const earlier = (left: string, right: string | undefined): string =>
  right === undefined || Date.parse(left) <= Date.parse(right) ? left : right;
const later = (left: string, right: string | undefined): string =>
  right === undefined || Date.parse(left) >= Date.parse(right) ? left : right;

const hasCome = (at: string | undefined): boolean => at !== undefined && Date.parse(at) <= Date.now();

function nameOf(run: Run, { ref, part }: Task): string {
  const { hub, zone } = shareOf(run, { ref, part });
  const pass =
    ref.pass === 'wave' ? `wave ${ref.index}` : ref.pass === 'catchUp' ? 'catch-up' : `undo wave ${ref.index}`;
  return `${pass} on ${hub}${zone === undefined ? '' : ` in ${zone}`}`;
}

/** The share of a task as it stands. */
export function shareOf({ journal }: Run, { ref, part }: Pick<Task, 'ref' | 'part'>) {
  const share = journal.find(ref).shares.find((each) => each.part === part);
  if (share === undefined) throw new Error(`wave ${ref.index} has no part ${part}`);
  return share;
}

/** The rollout runs as soon as one of the wave's shares does, and waits while all that are left wait for their windows. */
function showStatus({ journal, current }: Run): void {
  if (current?.pass !== 'wave' || !isFree(journal)) return;
  const { shares } = journal.find(current);
  if (shares.some(({ status }) => status === 'running')) {
    if (journal.state.status !== 'running') journal.status('running');
    return;
  }
  const opens = shares.flatMap(({ status, opensAt }) => (status === 'waiting' && opensAt ? [opensAt] : [])).sort();
  if (opens[0] !== undefined) journal.status('waiting', { for: 'window', until: opens[0] });
}

/** A rollback goes by no window: what is broken is mended at any hour. */
const goesByWindow = ({ spec, journal }: Run, { ref }: Task): boolean =>
  spec.window !== undefined && ref.pass !== 'rollback' && journal.find(ref).windowWaived !== true;

/** The catch-up goes over devices of all zones, so it keeps to the one for devices without. */
function zoneOf(run: Run, task: Task): string | undefined {
  const zone = run.spec.window?.zone;
  return shareOf(run, task).zone ?? (zone?.kind === 'tag' ? zone.otherwise : undefined);
}

/** @returns until when batches may begin, or undefined when something changed while it waited */
async function openingOf(run: Run, task: Task, after: string): Promise<Opening | undefined> {
  const { spec, journal } = run;
  const { deadline } = task;
  if (spec.window === undefined || !goesByWindow(run, task)) return deadline === undefined ? {} : { until: deadline };
  const zone = zoneOf(run, task);
  const { opensAt, shutsAt } = await nextOpening({ window: spec.window, after, ...(zone !== undefined && { zone }) });
  if (!hasCome(opensAt)) {
    journal.share(task.ref, task.part, { status: 'waiting', opensAt });
    showStatus(run);
    const ms = Date.parse(earlier(opensAt, deadline)) - Date.now();
    const changed = (): boolean => task.stopped || !isFree(journal) || !goesByWindow(run, task);
    const summary = `window for ${nameOf(run, task)}`;
    if (ms > 0) await until(changed, { ms, summary });
    if (changed()) return undefined;
  }
  return { until: earlier(shutsAt, deadline) };
}

/**
 * Tries to bring in what is in flight, when somebody waits for it: an abort does not wait for ever for a hub that is gone.
 * With the rests between tries that is about half an hour.
 */
const SETTLE = { retry: { initialInterval: '1 second', maximumInterval: '30 seconds', maximumAttempts: 60 } } as const;

/** A share whose activity has failed for good stays where it was last told to be. */
function faultyResult(run: Run, task: Task, error: unknown): ShareResult {
  const { tally, cursor = { batches: 0, retries: [], tally: EMPTY_TALLY } } = shareOf(run, task);
  return { tally, cursor, stopped: 'fault', fault: faultOf(error) };
}

/** Calls the activity. Where a cancellation kept it from saying what it had done, it is asked again, beginning nothing. */
async function attempt(run: Run, task: Task, limitedTo: string | undefined): Promise<ShareResult> {
  const { rolloutId, crew, journal } = run;
  const { hub, cursor, passedOver } = shareOf(run, task);
  const { failureLimit, limits, minimum, parallel, devicesPerMinute } = journal.state.settings;
  const settings = {
    failureLimit,
    limits,
    minimum,
    parallel,
    ...(devicesPerMinute !== undefined && { devicesPerMinute }),
  };
  const input: Omit<ShareInput, 'mode'> = {
    rolloutId,
    pass: task.ref.pass,
    wave: task.ref.index,
    part: task.part,
    hub,
    limit: task.limit,
    settings,
    ...(limitedTo !== undefined && { until: limitedTo }),
    ...(cursor && { cursor }),
    ...(passedOver && { passOver: passedOver }),
  };
  const summary = nameOf(run, task);
  try {
    return await crew.within(() => runShare.executeWithOptions({ summary }, [{ ...input, mode: 'run' }]));
  } catch (error) {
    if (!isCancellation(error)) return faultyResult(run, task, error);
    const settle = { summary: `${summary}: settle`, ...SETTLE };
    return CancellationScope.nonCancellable(() =>
      runShare.executeWithOptions(settle, [{ ...input, mode: 'settle' }]),
    ).catch((failure: unknown) => faultyResult(run, task, failure));
  }
}

/**
 * Runs one share to its end: through windows, pauses and changes, each of which ends the activity after its batch in
 * flight, and begins it anew from its cursor with what holds then.
 *
 * @returns its last result, or undefined when it was stopped before it ran
 */
export async function runToEnd(run: Run, task: Task): Promise<ShareResult | undefined> {
  const { journal } = run;
  const { ref, part } = task;
  let floor: string | undefined;
  for (;;) {
    await until(() => task.stopped || isFree(journal));
    if (task.stopped) return undefined;
    // Clocks differ: what has shut by the activity's clock, a window or the deadline, is not opened again by this one.
    const opening = await openingOf(run, task, later(now(), floor));
    endIfStopped();
    if (opening === undefined) continue;
    journal.share(ref, part, { status: 'running', opensAt: undefined, stopped: undefined });
    showStatus(run);
    const result = await attempt(run, task, opening.until);
    const { tally, cursor, stopped, fault } = result;
    const ended = stopped === undefined;
    journal.share(ref, part, {
      status: ended ? 'ended' : 'stopped',
      tally,
      cursor: ended ? undefined : cursor,
      stopped,
      fault,
    });
    endIfStopped();
    showStatus(run);
    const again =
      (stopped === 'until' && opening.until !== task.deadline) || (stopped === 'cancelled' && !task.stopped);
    if (!again) return result;
    if (stopped === 'until') floor = opening.until;
  }
}
