import { liveWaves } from '../../domain/live-waves';
import type { Look } from '../rollout/look';
import { count, utc } from './format';
import { moveSummary, turnedAwayTexts } from './move';
import { decisionText } from '../../domain/decision-texts';
import { runbooksOf } from './runbook';
import { adviceOf, waitText } from './wait';
import { type Sum, wavesTable } from './waves';

/** How a rollout stands, in a word or two, for a workflow that may have ended otherwise than by its own rules. */
export const standing = ({ execution, state }: Look): string =>
  execution === 'RUNNING' || execution === 'COMPLETED'
    ? (state?.status ?? execution.toLowerCase())
    : execution.toLowerCase().replaceAll('_', ' ');

const endText = ({ state, closedAt }: Look): string => {
  const end = state?.endedAt ?? closedAt;
  return end === undefined ? '' : `, ended ${utc(end)}`;
};

function sumOf(look: Look): Sum {
  const endedAt = look.state?.endedAt ?? look.closedAt;
  return { status: standing(look), startedAt: look.startedAt, ...(endedAt !== undefined && { endedAt }) };
}

/** What it waits for, and what a person can do about that. */
function standingText(look: Look): string[] {
  const { state } = look;
  if (state === undefined) return [];
  const shares = liveWaves(look).flatMap(({ waitsFor }) => waitsFor);
  return [
    ...(state.waitsFor === undefined ? [] : [waitText(state.waitsFor)]),
    ...shares.map((text) => `  ${text}`),
    ...adviceOf(state),
  ];
}

/** What a rollout has come to: head line, waves by outcomes, last decision, and what a person can do. */
export function lookText(look: Look, now: number): string {
  const { rolloutId, state, startedAt, unanswered, failure } = look;
  const decision = state?.decisions.at(-1);
  const by = state === undefined ? '' : ` by ${state.startedBy.actor}`;
  return [
    `${rolloutId}: ${standing(look)} (started ${utc(startedAt)}${by}${endText(look)})`,
    ...(state?.plan === undefined
      ? []
      : [
          `${count(state.plan.deviceCount, 'device')}, ${count(state.waves.length, 'wave')}`,
          ...moveSummary(state.plan),
        ]),
    ...(state === undefined || state.waves.length === 0 ? [] : [wavesTable(liveWaves(look), sumOf(look), now)]),
    ...turnedAwayTexts(state?.turnedAway ?? []).map((text) => `late joiners that cannot be moved, in no wave: ${text}`),
    ...(decision === undefined ? [] : [`last decision: ${decisionText(decision)}`]),
    ...(failure === undefined ? [] : [`${look.execution === 'TERMINATED' ? 'terminated' : 'failed'}: ${failure}`]),
    ...(state?.unclosed === undefined ? [] : [`its ledger is not closed: ${state.unclosed}`]),
    ...(unanswered === undefined ? [] : [`the state is not known: ${unanswered}`]),
    ...(look.closedAt === undefined ? standingText(look) : []),
    ...runbooksOf(look).map((path) => `runbook: ${path}`),
  ].join('\n');
}
