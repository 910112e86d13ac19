import { timelineOf } from '../../../dashboard/core/timeline';
import { tallyOf } from '../../../domain/tally';
import { at, look, passed, wave } from '../../cli/looks';

it('tells what has happened, the newest first', () => {
  const waves = [wave(1, 5, { startedAt: at('01'), endedAt: at('04'), tally: tallyOf({ succeeded: 5 }) })];
  const { state } = look({ status: 'completed', waves, decisions: [passed(1, '04')], endedAt: at('20') });
  const texts = state === undefined ? [] : timelineOf(state).map(({ text }) => text);

  expect(texts[0]).toBe('ended: completed');
  expect(texts[1]).toMatch(/^gate after wave 1: proceed/);
  expect(texts.slice(2, 4)).toEqual(['wave 1 ended: 5 succeeded', 'wave 1 began with 5 devices']);
  expect(texts.at(-1)).toMatch(/^started by /);
});
