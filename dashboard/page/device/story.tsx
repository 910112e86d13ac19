import type { StoryAttempt, StoryChapter } from '../../../domain/story';
import type { Api } from '../../core/api';
import { local } from '../../core/format';
import { hashOf } from '../../core/route';
import { Failure } from '../failure';
import { useAnswer } from '../hooks';

const PASSES = { wave: 'wave', rollback: 'rollback of wave', catchUp: 'catch-up' } as const;

const placeText = ({ place }: StoryChapter): string => {
  switch (place.kind) {
    case 'skipped':
      return 'skipped: it was in the target state already';
    case 'leftOut':
      return 'left out: it was in no ring or cohort';
    case 'wave':
      return `in wave ${place.wave}, batch ${place.batch}`;
  }
};

function Attempt({ attempt: { pass, wave, attempt, endedAt, outcome } }: { readonly attempt: StoryAttempt }) {
  const { kind, status, detail } = outcome;
  return (
    <li>
      <time dateTime={endedAt}>{local(endedAt)}</time> {PASSES[pass]} {pass === 'catchUp' ? '' : wave}, attempt{' '}
      {attempt}: <strong>{kind}</strong>
      {status !== undefined && ` with status ${status}`}
      {detail !== undefined && `: ${detail}`}
    </li>
  );
}

const Chapter = ({ chapter }: { readonly chapter: StoryChapter }) => (
  <li>
    <a href={hashOf({ kind: 'rollout', rolloutId: chapter.rolloutId })}>{chapter.rolloutId}</a> on hub {chapter.hub}:{' '}
    {placeText(chapter)}
    {chapter.attempts.length > 0 && (
      <ul>
        {chapter.attempts.map((attempt) => (
          <Attempt key={`${attempt.pass}${attempt.wave}-${attempt.attempt}`} attempt={attempt} />
        ))}
      </ul>
    )}
  </li>
);

/** What rollouts have done to the device, as the ledger has it. */
export function Story({ api, hub, deviceId }: { readonly api: Api; readonly hub: string; readonly deviceId: string }) {
  const { value, error, again } = useAnswer({
    key: `${hub}\n${deviceId}`,
    ask: (signal) => api.story(hub, deviceId, signal),
  });
  return (
    <section aria-labelledby="story">
      <h2 id="story">Rollouts</h2>
      {error !== undefined && <Failure error={error} again={again} />}
      {value === undefined && error === undefined && <p>Asked for; a worker reads the ledger.</p>}
      {value?.chapters.length === 0 && <p>No rollout has it.</p>}
      {value !== undefined && value.chapters.length > 0 && (
        <ul class="story">
          {value.chapters.map((chapter) => (
            <Chapter key={`${chapter.rolloutId}\n${chapter.hub}`} chapter={chapter} />
          ))}
        </ul>
      )}
    </section>
  );
}
