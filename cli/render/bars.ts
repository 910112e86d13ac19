import { MultiBar, type SingleBar } from 'cli-progress';
import type { Sink } from '../output';
import { type LiveWave, liveWaves, waveName } from '../../domain/live-waves';
import { countsText } from './format';
import type { View } from './view';

const FORMAT = 'wave {wave} {bar} {value}/{total} {status} {counts}';

/** A bar that stood on the line may have been longer than what is logged there. */
const CLEAR_TO_END = '\u001B[K';

const payloadOf = ({ pass, index, status, tally }: LiveWave) => ({
  wave: waveName({ pass, index }).padStart(2),
  status: status.padEnd(8),
  counts: status === 'pending' ? '' : countsText(tally),
});

/** One live bar a wave, with events scrolling by above them. */
export function barsView(stream: Sink): View {
  const bars = new Map<string, SingleBar>();
  const all = new MultiBar({
    stream,
    format: FORMAT,
    barsize: 24,
    barCompleteChar: '#',
    barIncompleteChar: '-',
    hideCursor: true,
    gracefulExit: true,
    emptyOnZero: true,
    forceRedraw: true, // what is logged pushes the bars down, also those that have not changed
  });
  const log = (text: string): void => {
    // Before the first bar nothing is redrawn, so nothing logged would show.
    if (bars.size === 0) stream.write(`${text}\n`);
    else all.log(`${text}${CLEAR_TO_END}\n`);
  };
  const draw = (wave: LiveWave): void => {
    const bar = bars.get(waveName(wave)) ?? all.create(wave.deviceCount, 0, payloadOf(wave));
    bars.set(waveName(wave), bar);
    bar.update(wave.doneCount, payloadOf(wave));
  };
  return {
    show(look, lines) {
      for (const { kind, text } of lines) if (kind === 'event') log(text);
      liveWaves(look).forEach(draw);
    },
    notice: log,
    close() {
      if (bars.size === 0) return;
      all.update(); // what was logged last is written by update(), not by stop()
      all.stop();
    },
  };
}
