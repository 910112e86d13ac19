import { deviceIdOf } from '../../domain/ids';
import type { RolloutSpec, Target } from '../../domain/spec';
import { isObject } from '../fields';
import { type Path, problemAt, problemsOf, type SpecProblem } from '../problems';
import { readIds, type ReadFile } from './device-file';
import { type Document, document, type Draft, draftOf } from './document';
import type { Finding } from './rule';
import { RULES } from './rules';
import { type Position, readSource } from './source';

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

/** A spec that is right may still be given advice, which wants to know where things stand. */
export type PlacedSpec =
  | { readonly kind: 'valid'; readonly spec: RolloutSpec; readonly place: (path: Path) => Position | undefined }
  | { readonly kind: 'invalid'; readonly problems: readonly SpecProblem[] };

/** As `parseRolloutSpec`, and keeps where everything stood. */
export function placeRolloutSpec(text: string, read: ReadFile = notHere): PlacedSpec {
  const source = readSource(text);
  if (source.kind === 'broken') return { kind: 'invalid', problems: source.problems };
  const { root, place } = source;
  const invalid = (problems: readonly Placed[]): PlacedSpec => ({
    kind: 'invalid',
    problems: problems.map(({ at, ...problem }) => ({ ...problem, ...place(at) })),
  });
  const checked = check(root);
  if ('problems' in checked) return invalid(checked.problems);
  const target = withIds(checked.draft.target, root, read);
  return 'kind' in target ? { kind: 'valid', spec: { ...checked.draft, target }, place } : invalid(target);
}

/**
 * Reads a rollout spec, in YAML or JSON, fills in its defaults and lists all its mistakes at once.
 *
 * @param read reads the file that `target.devicesFile` names, as the spec writes it; what it throws is reported as a mistake
 * @see docs/spec.md for every field
 */
export function parseRolloutSpec(text: string, read: ReadFile = notHere): ParsedSpec {
  const parsed = placeRolloutSpec(text, read);
  return parsed.kind === 'valid' ? { kind: 'valid', spec: parsed.spec } : parsed;
}
