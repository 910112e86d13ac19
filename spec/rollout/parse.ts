import { LineCounter, parseDocument } from 'yaml';
import { deviceIdOf } from '../../domain/ids';
import type { RolloutSpec, Target } from '../../domain/spec';
import { isObject } from '../fields';
import { type Path, problemAt, problemsOf, type SpecProblem } from '../problems';
import { readIds, type ReadFile } from './device-file';
import { type Document, document, type Draft, draftOf } from './document';
import { type Finding, RULES } from './rules';

export type { SpecProblem } from '../problems';

export type ParsedSpec =
  | { readonly kind: 'valid'; readonly spec: RolloutSpec }
  | { readonly kind: 'invalid'; readonly problems: readonly SpecProblem[] };

type Placed = SpecProblem & { readonly at: Path };

/** Sections without mistakes of their own, read one by one; the others are undefined. */
function soundSections(root: unknown, wrong: ReadonlySet<PropertyKey>): Partial<Document> {
  const given = isObject(root) ? root : {};
  return Object.fromEntries(
    Object.entries(document.shape).flatMap(([name, schema]) => {
      const parsed = wrong.has(name) ? undefined : schema.safeParse(given[name]);
      return parsed?.success ? [[name, parsed.data]] : [];
    }),
  );
}

/** What the rules between sections find; one that reads a section with mistakes is not asked. */
function ruleFindings(sections: Partial<Document>, wrong: ReadonlySet<PropertyKey>): Finding[] {
  // Each rule reads only the sections that it names, and those are there.
  return RULES.filter(({ reads }) => !reads.some((name) => wrong.has(name))).flatMap(({ ask }) =>
    ask(sections as Document),
  );
}

/** Names what has mistakes; with the whole document wrong, everything. */
const wrongSections = (problems: readonly Placed[]): ReadonlySet<PropertyKey> =>
  new Set(problems.flatMap(({ at }) => (at[0] === undefined ? Object.keys(document.shape) : [at[0]])));

type Checked = { readonly draft: Draft } | { readonly problems: readonly Placed[] };

function check(root: unknown): Checked {
  const parsed = document.safeParse(root);
  const problems = parsed.success ? [] : problemsOf(parsed.error.issues, root);
  const wrong = wrongSections(problems);
  const sections = parsed.success ? parsed.data : soundSections(root, wrong);
  const found = ruleFindings(sections, wrong).map(({ path, allowed }) => ({
    ...problemAt(path, root, allowed),
    at: path,
  }));
  return parsed.success && found.length === 0 ? { draft: draftOf(parsed.data) } : { problems: [...problems, ...found] };
}

/** Reads the ids where they lie in a file. */
function withIds(target: Draft['target'], root: unknown, read: ReadFile): Target | readonly Placed[] {
  if (target.kind !== 'file') return target;
  const { path, hubs, done } = target;
  const ids = readIds(path, read);
  const at = ['target', 'devicesFile'];
  if (ids.kind === 'wrong') return ids.allowed.map((allowed) => ({ ...problemAt(at, root, allowed), at }));
  return { kind: 'devices', hubs, devices: ids.ids.map(deviceIdOf), ...(done !== undefined && { done }) };
}

const notHere: ReadFile = () => {
  throw new Error('files are not read here');
};

/**
 * Reads a rollout spec, in YAML or JSON, fills in its defaults and lists all its mistakes at once.
 *
 * @param read reads the file that `target.devicesFile` names, as the spec writes it; what it throws is reported as a mistake
 * @see docs/spec.md for every field
 */
export function parseRolloutSpec(source: string, read: ReadFile = notHere): ParsedSpec {
  const lines = new LineCounter();
  const yaml = parseDocument(source, { lineCounter: lines });
  const position = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  if (yaml.errors.length > 0) {
    const problems = yaml.errors.map(({ message, pos }) => ({
      path: '(document)',
      value: message.split('\n', 1)[0] ?? message,
      allowed: 'well-formed YAML or JSON',
      ...position(pos[0]),
    }));
    return { kind: 'invalid', problems };
  }
  const placed = ({ at, ...problem }: Placed): SpecProblem => {
    const offset = offsetOf(yaml, at);
    return offset === undefined ? problem : { ...problem, ...position(offset) };
  };
  const root: unknown = yaml.toJS();
  const checked = check(root);
  if ('problems' in checked) return { kind: 'invalid', problems: checked.problems.map(placed) };
  const target = withIds(checked.draft.target, root, read);
  return 'kind' in target
    ? { kind: 'valid', spec: { ...checked.draft, target } }
    : { kind: 'invalid', problems: target.map(placed) };
}

/** Where a path's node begins; for a missing one, where its nearest parent does. */
function offsetOf(yaml: ReturnType<typeof parseDocument>, path: Path): number | undefined {
  for (let length = path.length; length >= 0; length -= 1) {
    const node = yaml.getIn(path.slice(0, length), true) as { range?: readonly number[] | null } | undefined;
    if (node?.range) return node.range[0];
  }
  return undefined;
}
