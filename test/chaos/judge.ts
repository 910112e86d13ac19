import { sizeOf, type Tally } from '../../domain/tally';
import type { HubView } from '../support/stack-programs';
import type { Run } from './run';
import { BATCH, fleet, HUB_NAMES, type Scenario } from './scenarios';

const MEANT = new Set(fleet().flatMap(({ deviceId, isMeant }) => (isMeant ? deviceId : [])));

/** What is wrong with a run, in words; nothing when all is as it should be. */
export function problemsOf(run: Run, scenario: Scenario, undisturbed: Tally): string[] {
  return [
    ...tallyProblems(run, undisturbed),
    ...strangers(run),
    ...HUB_NAMES.flatMap((hub) => jobProblems(hub, run.hubs[hub], scenario)),
    ...effectProblems(run, scenario),
    ...(run.verification === '' ? [] : [`audit --verify: ${run.verification}`]),
  ];
}

const shown = (tally: Tally): string =>
  Object.entries(tally)
    .filter(([, count]) => count !== 0)
    .map(([kind, count]) => `${count} ${kind}`)
    .join(', ');

function tallyProblems({ tally, status, abortedAt }: Run, undisturbed: Tally): string[] {
  if (sizeOf(tally) > MEANT.size) return [`${sizeOf(tally)} devices counted of ${MEANT.size}`];
  if (abortedAt !== undefined) return status === 'aborted' ? [] : [`it was to be aborted and is ${status}`];
  if (status !== 'completed') return [`it is ${status}`];
  return shown(tally) === shown(undisturbed) ? [] : [`tally ${shown(tally)}; undisturbed ${shown(undisturbed)}`];
}

/** Devices that the plan did not name. */
function strangers({ calls, hubs, rolloutId }: Run): string[] {
  const touched = new Set([
    ...calls.map(({ deviceId }) => deviceId),
    ...HUB_NAMES.flatMap((hub) => hubs[hub].rows.map(({ deviceId }) => deviceId)),
    ...HUB_NAMES.flatMap((hub) => hubs[hub].twins.filter(isChangedBy(rolloutId)).map(({ deviceId }) => deviceId)),
  ]);
  const strange = [...touched].filter((deviceId) => !MEANT.has(deviceId));
  return strange.length === 0 ? [] : [`touched, and not in the plan: ${strange.join(', ')}`];
}

const isChangedBy =
  (rolloutId: string) =>
  ({ properties }: HubView['twins'][number]): boolean =>
    properties.desired['version'] === rolloutId;

/** Jobs by what they did: what one has settled no other may ask again, and a batch's name leads to one job. */
function jobProblems(hub: string, { jobs, rows }: HubView, { executor }: Scenario): string[] {
  if (executor === 'direct') return jobs.length === 0 ? [] : [`${hub} has jobs, though calls were direct`];
  const problems: string[] = [];
  const ofBatch = new Map<string, string[]>();
  for (const { jobId, status } of jobs) {
    if (status === 'cancelled') continue; // it touched nobody, and another takes its place
    const batch = jobId.replace(/-n\d+$/, '');
    ofBatch.set(batch, [...(ofBatch.get(batch) ?? []), jobId]);
  }
  for (const [batch, ids] of ofBatch) if (ids.length > 1) problems.push(`${hub}: ${batch} has jobs ${ids.join(', ')}`);
  const cells = new Map<string, string[]>();
  for (const { jobId, deviceId } of rows) {
    const cell = `${deviceId} ${/-([wrc]\d+)-.*-(a\d+)/.exec(jobId)?.slice(1).join(' ') ?? jobId}`;
    cells.set(cell, [...(cells.get(cell) ?? []), jobId]);
  }
  for (const [cell, ids] of cells)
    if (ids.length > 1 && !cell.includes(' c')) problems.push(`${hub}: ${cell} was in ${ids.join(', ')}`);
  const done = new Map<string, number>();
  for (const { deviceId, status } of rows)
    if (status === 'completed') done.set(deviceId, (done.get(deviceId) ?? 0) + 1);
  return problems;
}

/** Effects by the devices' own word: each operation once, and not more operations than there were attempts. */
function effectProblems(run: Run, { action, executor }: Scenario): string[] {
  if (action === 'twin') return twinProblems(run);
  const { calls, abortedAt, tally } = run;
  const problems: string[] = [];
  const effects = new Map<string, number>();
  for (const { deviceId, operationId, isFirst } of calls) {
    const key = `${deviceId} ${operationId}`;
    effects.set(key, (effects.get(key) ?? 0) + (isFirst ? 1 : 0));
  }
  for (const [key, count] of effects) if (count !== 1) problems.push(`${key} had its effect ${count} times`);
  const reached = new Set(calls.map(({ deviceId }) => deviceId)).size;
  const told = tally.succeeded + tally.failed;
  if (reached < told) problems.push(`${told} devices are told to have answered, and ${reached} were asked`);
  if (executor === 'job') {
    const repeated = calls.filter(({ isFirst }) => !isFirst);
    if (repeated.length > 0) problems.push(`${repeated.length} calls of jobs came twice`);
  }
  if (abortedAt !== undefined) {
    const late = new Set(calls.filter(({ at, isFirst }) => isFirst && at > abortedAt).map(({ deviceId }) => deviceId));
    const most = BATCH * HUB_NAMES.length;
    if (late.size > most) problems.push(`${late.size} devices were touched after the abort; at most ${most} may`);
  }
  return problems;
}

/** Who counts as succeeded has the patch. */
function twinProblems({ hubs, tally, rolloutId }: Run): string[] {
  const changed = HUB_NAMES.flatMap((hub) => hubs[hub].twins.filter(isChangedBy(rolloutId))).length;
  return changed >= tally.succeeded ? [] : [`${tally.succeeded} succeeded, and ${changed} twins have the patch`];
}
