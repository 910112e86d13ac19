import { storyText } from '../../../cli/render/story';
import { verificationText } from '../../../cli/render/verification';
import { deviceIdOf, hubNameOf, type RolloutId } from '../../../domain/ids';
import type { StoryChapter } from '../../../domain/story';

const deviceId = deviceIdOf('door-1');
const base = { rolloutId: 'lock' as RolloutId, name: 'lock', hub: hubNameOf('west') };
const times = { startedAt: '2026-01-01T00:00:00.000Z', endedAt: '2026-01-01T00:01:00.000Z' };
const tried: StoryChapter = {
  ...base,
  place: { kind: 'wave', wave: 2, part: 1, batch: 7 },
  snapshot: { desired: { fan: 1 } },
  attempts: [
    {
      ...{ pass: 'wave', wave: 2, part: 1, batch: 7, attempt: 1, ...times, jobId: 'job-1' },
      outcome: { deviceId, kind: 'failed', status: 500, detail: 'jammed' },
    },
  ],
};
const skipped: StoryChapter = { ...base, place: { kind: 'skipped' }, attempts: [] };

it('tells what each rollout did to it', () => {
  const text = storyText({ deviceId, rolloutCount: 3, chapterCount: 2, chapters: [tried, skipped] });

  expect(text).toContain('door-1: in 2 rollouts (3 rollouts looked at)');
  expect(text).toContain(
    '2026-01-01 00:01:00Z  wave 2, batch 7, attempt 1: failed with status 500: jammed (job job-1)',
  );
  expect(text).toContain('its twin had before: {"desired":{"fan":1}}');
  expect(text).toContain('skipped: it was in the target state already');
});

it('says that no rollout has it', () =>
  expect(storyText({ deviceId, rolloutCount: 1, chapterCount: 0, chapters: [] })).toBe(
    'door-1: no rollout has it (1 rollout looked at)',
  ));

it('names each record that is not as it was', () => {
  expect(verificationText({ recordCount: 3, missing: ['a'], altered: ['b'], added: ['c'] })).toBe(
    'missing  a\naltered  b\nadded    c',
  );
  expect(verificationText({ recordCount: 3, missing: [], altered: [], added: [] })).toContain('3 records');
});
