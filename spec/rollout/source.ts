import { LineCounter, parseDocument } from 'yaml';
import type { Path, SpecProblem } from '../problems';

/** Where something stands in a text, from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export type Source =
  | { readonly kind: 'broken'; readonly problems: readonly SpecProblem[] }
  | {
      readonly kind: 'read';
      readonly root: unknown;
      /** Where a path's node begins; for a missing one, where its nearest parent does. */
      readonly place: (path: Path) => Position | undefined;
    };

const broken = (value: string, position?: Position): SpecProblem => ({
  path: '(document)',
  value,
  allowed: 'well-formed YAML or JSON',
  ...position,
});

/** Reads YAML or JSON and remembers where everything stood. */
export function readSource(text: string): Source {
  const lines = new LineCounter();
  // What the parser would warn of on stderr, such as keys that are lists, is refused as an unknown field.
  const yaml = parseDocument(text, { lineCounter: lines, logLevel: 'error' });
  const position = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  if (yaml.errors.length > 0) {
    const problems = yaml.errors.map(({ message, pos }) => broken(message.split('\n', 1)[0] ?? '', position(pos[0])));
    return { kind: 'broken', problems };
  }
  try {
    const root: unknown = yaml.toJS();
    const place = (path: Path): Position | undefined => {
      const offset = offsetOf(yaml, path);
      return offset === undefined ? undefined : position(offset);
    };
    return { kind: 'read', root, place };
  } catch (error) {
    // Aliases are followed only here: one without an anchor, or so many that they would fill the memory.
    return { kind: 'broken', problems: [broken(error instanceof Error ? error.message : String(error))] };
  }
}

function offsetOf(yaml: ReturnType<typeof parseDocument>, path: Path): number | undefined {
  for (let length = path.length; length >= 0; length -= 1) {
    const node = yaml.getIn(path.slice(0, length), true) as { range?: readonly number[] | null } | undefined;
    if (node?.range) return node.range[0];
  }
  return undefined;
}
