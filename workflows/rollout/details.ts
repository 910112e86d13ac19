import type { Decision, RolloutState, Wait, WaveState } from '../../domain/progress';

const waveLine = (name: string, { status, deviceCount, tally }: WaveState): string =>
  `- ${name}: ${status}, ${tally.succeeded} of ${deviceCount} succeeded, ${tally.failed} failed, ${tally.timedOut} timed out, ${tally.offline} offline`;

const waitLine = ({ for: what, since, until, whom, why }: Wait): string =>
  [
    `Waits for **${what}** since ${since}`,
    ...(until === undefined ? [] : [`until ${until}`]),
    ...(whom === undefined ? [] : [`from ${whom}`]),
    ...(why === undefined ? [] : [`(${why})`]),
  ].join(' ');

const decisionLine = (decision: Decision): string =>
  decision.kind === 'gate'
    ? `Gate after wave ${decision.wave}: **${decision.verdict.kind}** (${decision.verdict.gate}: ${decision.verdict.reason})`
    : `**${decision.kind}** by ${decision.order.actor}: ${decision.order.reason}`;

/** Waves that the page shows: the last ones that have begun and the next one, since there may be hundreds. */
const SHOWN = 20;

function shownWaves({ waves }: RolloutState): readonly WaveState[] {
  const begun = waves.filter(({ status }) => status !== 'pending').length;
  return waves.slice(Math.max(0, begun + 1 - SHOWN), begun + 1);
}

/** A rollout as the Temporal UI shows it, in markdown. */
export function detailsOf(state: RolloutState): string {
  const { status, waitsFor, catchUp, rollback, decisions } = state;
  const last = decisions.at(-1);
  return [
    `**${status}**`,
    ...(waitsFor === undefined ? [] : [waitLine(waitsFor)]),
    ...(last === undefined ? [] : [decisionLine(last)]),
    '',
    ...shownWaves(state).map((wave) => waveLine(`wave ${wave.index}`, wave)),
    ...(catchUp === undefined ? [] : [waveLine(`catch-up until ${catchUp.deadline}`, catchUp)]),
    ...(rollback ?? []).map((wave) => waveLine(`rollback of wave ${wave.index}`, wave)),
  ].join('\n');
}
