import { type Io, note, print } from '../output';
import { barsView } from './bars';
import type { View } from './view';

/** A line of progress at most this often; events are never left out. */
const PROGRESS_EVERY_MS = 3_000;

/** Plain lines, one per change: for pipes and logs. */
export function linesView(io: Io, now: () => number = Date.now): View {
  let shownAt = -Infinity;
  return {
    show(_look, lines) {
      for (const { kind, text } of lines) {
        if (kind === 'progress' && now() - shownAt < PROGRESS_EVERY_MS) continue;
        if (kind === 'progress') shownAt = now();
        print(io, text);
      }
    },
    notice: (text) => note(io, text),
    close: () => undefined,
  };
}

/** Bars on a terminal, lines elsewhere. */
export const viewOf = (io: Io): View => (io.stdout.isTTY === true ? barsView(io.stdout) : linesView(io));
