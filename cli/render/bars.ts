import { MultiBar, type SingleBar } from 'cli-progress';
import type { Sink } from '../output';
import { countsText } from './format';
import type { View } from './view';
import { type LiveWave, liveWaves } from './waves';

const FORMAT = 'wave {wave} {bar} {value}/{total} {status} {counts}';

const payloadOf = ({ index, status, tally }: LiveWave) => ({
  wave: String(index).padStart(2),
  status: status.padEnd(8),
  counts: status === 'pending' ? '' : countsText(tally),
});

/** One live bar a wave, with events scrolling by above them. */
export function barsView(stream: Sink): View {
  const bars = new Map<number, SingleBar>();
  const all = new MultiBar({
    stream,
    format: FORMAT,
    barsize: 24,
    barCompleteChar: '#',
    barIncompleteChar: '-',
    hideCursor: true,
    gracefulExit: true,
    emptyOnZero: true,
  });
  const draw = (wave: LiveWave): void => {
    const bar = bars.get(wave.index) ?? all.create(wave.deviceCount, 0, payloadOf(wave));
    bars.set(wave.index, bar);
    bar.update(wave.doneCount, payloadOf(wave));
  };
  return {
    show(look, lines) {
      for (const { kind, text } of lines) if (kind === 'event') all.log(`${text}\n`);
      liveWaves(look).forEach(draw);
    },
    notice: (text) => all.log(`${text}\n`),
    close() {
      all.update(); // what was logged last is written by update(), not by stop()
      all.stop();
    },
  };
}
