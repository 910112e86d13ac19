import { WAITED_FOR } from '../../../domain/decision-texts';
import { liveWaves } from '../../../domain/live-waves';
import { isFinal, type RolloutState, type Wait } from '../../../domain/progress';
import type { RolloutAnswer } from '../../core/contract';
import { ago, local } from '../../core/format';
import { timelineOf } from '../../core/timeline';
import { Failure } from '../failure';
import { useAnswer, useNow } from '../hooks';
import type { Page } from '../page';
import { Controls } from './controls';
import { Quota } from './quota';
import { Verdicts } from './verdicts';
import { WaveBars } from './wave-bars';

const LOOK_EVERY_MS = 2_000;

function WaitText({
  wait: { for: what, since, until, whom, why },
  nowMs,
}: {
  readonly wait: Wait;
  readonly nowMs: number;
}) {
  return (
    <p class="wait" role="status">
      Waits for <strong>{WAITED_FOR[what]}</strong>
      {whom !== undefined && ` of ${whom}`} since {ago(since, nowMs)}
      {until !== undefined && `, until ${local(until)}`}
      {why !== undefined && `: ${why}`}
    </p>
  );
}

function Head({
  answer: { execution, failure, unanswered, retries, state },
  nowMs,
}: {
  readonly answer: RolloutAnswer;
  readonly nowMs: number;
}) {
  return (
    <>
      <p>
        <span class="badge" role="status" data-state={state?.status ?? execution}>
          {state?.status ?? execution}
        </span>{' '}
        {state !== undefined &&
          `${state.name}, started by ${state.startedBy.actor} ${ago(state.startedAt, nowMs)}: ${state.startedBy.reason}`}
      </p>
      {state?.waitsFor !== undefined && <WaitText wait={state.waitsFor} nowMs={nowMs} />}
      {unanswered !== undefined && (
        <div class="failure" role="alert">
          <p>How it stands is not known: {unanswered}</p>
          <p>Start a worker, or look at the logs of the one that runs.</p>
        </div>
      )}
      {failure !== undefined && (
        <p class="failure" role="alert">
          {failure}
        </p>
      )}
      {retries.map(({ activity, attempt, lastFailure }) => (
        <p key={activity} class="wait">
          {activity} is tried for the {attempt}. time; it failed with: {lastFailure}
        </p>
      ))}
    </>
  );
}

function Timeline({ state }: { readonly state: RolloutState }) {
  return (
    <section aria-labelledby="timeline">
      <h2 id="timeline">Timeline</h2>
      <ol class="timeline">
        {timelineOf(state).map(({ at, text }, index) => (
          <li key={`${at}-${index}`}>
            <time dateTime={at}>{local(at)}</time> {text}
          </li>
        ))}
      </ol>
    </section>
  );
}

/** One rollout: its waves, what it waits for, what its gates said, and the means to steer it. */
export function RolloutPage({ page: { api }, rolloutId }: { readonly page: Page; readonly rolloutId: string }) {
  const nowMs = useNow(1_000);
  const { value, error, again } = useAnswer({
    key: rolloutId,
    ask: (signal) => api.rollout(rolloutId, signal),
    nextMs: ({ closedAt, state }) =>
      closedAt !== undefined || (state !== undefined && isFinal(state)) ? undefined : LOOK_EVERY_MS,
  });
  const { value: me, error: noName } = useAnswer({ key: 'me', ask: (signal) => api.me(signal) });
  const state = value?.state;
  return (
    <>
      {error !== undefined && <Failure error={error} again={again} />}
      {noName !== undefined && <Failure error={noName} />}
      {value !== undefined && <Head answer={value} nowMs={nowMs} />}
      {state !== undefined && (
        <>
          <Controls api={api} state={state} me={me} again={again} />
          <section aria-labelledby="waves">
            <h2 id="waves">Waves</h2>
            <WaveBars waves={liveWaves(value ?? { beats: [] })} nowMs={nowMs} />
          </section>
          <Verdicts state={state} />
          {state.plan !== undefined && <Quota uses={state.plan.uses} arbiters={value?.arbiters ?? []} />}
          <Timeline state={state} />
        </>
      )}
    </>
  );
}
