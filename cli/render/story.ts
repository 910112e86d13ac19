import type { DeviceStory, StoryAttempt, StoryChapter } from '../../domain/story';
import { count, utc } from './format';

const PASSES = { wave: 'wave', rollback: 'rollback of wave', catchUp: 'catch-up' } as const;

function attemptText({ pass, wave, batch, attempt, endedAt, jobId, outcome }: StoryAttempt): string {
  const where = pass === 'catchUp' ? PASSES.catchUp : `${PASSES[pass]} ${wave}`;
  const status = outcome.status === undefined ? '' : ` with status ${outcome.status}`;
  const detail = outcome.detail === undefined ? '' : `: ${outcome.detail}`;
  const job = jobId === undefined ? '' : ` (job ${jobId})`;
  return `  ${utc(endedAt)}  ${where}, batch ${batch}, attempt ${attempt}: ${outcome.kind}${status}${detail}${job}`;
}

function placeText({ place, attempts }: StoryChapter): string[] {
  switch (place.kind) {
    case 'skipped':
      return ['  skipped: it was in the target state already when the rollout was planned'];
    case 'leftOut':
      return ['  left out: it was in no ring or cohort when the rollout was planned'];
    case 'wave':
      return attempts.length > 0
        ? []
        : [`  planned for wave ${place.wave}, batch ${place.batch}: no attempt has ended`];
  }
}

const chapterText = (chapter: StoryChapter): string[] => [
  `${chapter.rolloutId} on hub ${chapter.hub}`,
  ...placeText(chapter),
  ...chapter.attempts.map(attemptText),
  ...(chapter.snapshot === undefined ? [] : [`  its twin had before: ${JSON.stringify(chapter.snapshot)}`]),
];

/** What all rollouts did to a device, for a person. */
export function storyText({ deviceId, rolloutCount, chapterCount, chapters }: DeviceStory): string {
  const looked = `${count(rolloutCount, 'rollout')} looked at`;
  if (chapters.length === 0) return `${deviceId}: no rollout has it (${looked})`;
  const left = chapterCount - chapters.length;
  return [
    `${deviceId}: in ${count(chapterCount, 'rollout')} (${looked})`,
    ...(left > 0 ? [`the first ${left} are left out here`] : []),
    ...chapters.flatMap((chapter) => ['', ...chapterText(chapter)]),
  ].join('\n');
}
