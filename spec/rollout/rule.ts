import type { Path } from '../problems';
import type { Document } from './document';

/** A mistake that no section sees alone: where, and what may stand there instead. */
export interface Finding {
  readonly path: Path;
  readonly allowed: string;
}

/** What must hold between sections; asked only when the sections that it reads have no mistakes of their own. */
export interface Rule {
  readonly reads: readonly (keyof Document)[];
  readonly ask: (document: Document) => readonly Finding[];
}

export const complain = (wrong: boolean, path: Path, allowed: string): readonly Finding[] =>
  wrong ? [{ path, allowed }] : [];
