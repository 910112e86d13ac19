import type { Io } from '../output';
import { note } from '../output';
import type { Say } from './context';

/** Writes what the components say to stderr, each line with the seconds since `startedAt`. */
export function progressTo(io: Io, startedAt = Date.now()): Say {
  return (component, message) => {
    const seconds = ((Date.now() - startedAt) / 1000).toFixed(1).padStart(6);
    note(io, `${seconds} s  ${component.padEnd(9)} ${message}`);
  };
}
