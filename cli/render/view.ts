import type { Look } from '../rollout/look';
import type { Line } from './lines';

/** Where `watch` shows what it sees. */
export interface View {
  /** @param lines what has happened since the last look */
  show(look: Look, lines: readonly Line[]): void;
  notice(text: string): void;
  /** Leaves the terminal as it was; nothing may be shown after. */
  close(): void;
}
