import { barsView } from '../../../cli/render/bars';
import { tallyOf } from '../../../domain/tally';
import { collectingIo } from '../collecting-io';
import { beatOf, at, look, main, wave } from '../looks';

const SHOW_CURSOR = '\u001B[?25h';

it('draws a bar per wave with its counts, events above, and leaves the terminal with its cursor', () => {
  const io = collectingIo({ terminal: true });
  const view = barsView(io.stdout);
  const beats = [beatOf(1, main, { wave: 2, tally: tallyOf({ succeeded: 9, failed: 1, running: 10 }), answered: 0 })];
  const waves = [
    wave(1, 5, { status: 'passed', tally: tallyOf({ succeeded: 5 }), startedAt: at('01'), endedAt: at('04') }),
    wave(2, 20, { status: 'running', startedAt: at('06') }),
  ];

  view.notice('note: no worker answers');
  const beforeBars = io.out();
  view.show(look({ waves: [wave(1, 5), wave(2, 20)] }), []);
  view.show(look({ waves }, { beats }), [{ kind: 'event', text: 'wave 2/2 started' }]);
  view.close();

  expect(beforeBars).toBe('note: no worker answers\n');
  expect(io.out()).toContain('wave 2/2 started\u001B[K\n');
  expect(io.out()).toMatch(/wave {2}1 #{24} 5\/5 passed {3}5 succeeded/);
  expect(io.out()).toMatch(/wave {2}2 #{12}-{12} 10\/20 running {2}9 succeeded, 1 failed, 10 running/);
  expect(io.out()).toContain(SHOW_CURSOR);
});
