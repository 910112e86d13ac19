import type { z } from 'zod';

/** One mistake in a document: where, what stands there, and what may stand there. */
export interface SpecProblem {
  /** Dotted path from the document's root: `waves[2]`, `action.method.name`. */
  readonly path: string;
  /** What was found, as JSON cut to 60 characters; `nothing` for a missing field. */
  readonly value: string;
  readonly allowed: string;
  /** Position in the text, from 1, where the document was text. */
  readonly line?: number;
  readonly column?: number;
}

export type Path = readonly PropertyKey[];

export const pathText = (path: Path): string =>
  path.reduce<string>(
    (text, key) => (typeof key === 'number' ? `${text}[${key}]` : text === '' ? String(key) : `${text}.${String(key)}`),
    '',
  ) || '(document)';

const valueAt = (root: unknown, path: Path): unknown =>
  path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined,
    root,
  );

function valueText(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

const located = (root: unknown, path: Path, allowed: string): SpecProblem & { readonly at: Path } => ({
  ...problemAt(path, root, allowed),
  at: path,
});

/** A problem that no schema found: the value is read from `root`. */
export function problemAt(path: Path, root: unknown, allowed: string): SpecProblem {
  return { path: pathText(path), value: valueText(valueAt(root, path)), allowed };
}

/**
 * Turns a schema's complaints into problems, one a wrong field. A message of the schema says what is allowed there.
 *
 * @param root the document that was checked
 */
export const problemsOf = (
  issues: readonly z.core.$ZodIssue[],
  root: unknown,
): (SpecProblem & { readonly at: Path })[] =>
  issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => located(root, [...issue.path, key], issue.message))
      : [located(root, issue.path, issue.message)],
  );
