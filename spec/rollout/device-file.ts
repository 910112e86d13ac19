import { MOST_DEVICES } from './target';
import { DEVICE_ID_FORM, isDeviceId } from './units';

/** Reads a file that a spec names. */
export type ReadFile = (path: string) => string;

type Ids =
  | { readonly kind: 'ids'; readonly ids: readonly string[] }
  | { readonly kind: 'wrong'; readonly allowed: readonly string[] };

/** More would bury the first. */
const SHOWN = 5;

const wrong = (...allowed: readonly string[]): Ids => ({ kind: 'wrong', allowed: allowed.slice(0, SHOWN) });

/**
 * Reads device ids from a file that a spec names: one a line; empty lines and lines that begin with `# ` are left out (an id
 * may itself begin with `#`, but holds no space).
 *
 * @returns the ids, in the file's order, or what it should hold
 */
export function readIds(path: string, read: ReadFile): Ids {
  let text;
  try {
    text = read(path);
  } catch (error) {
    return wrong(
      `the path, relative to the spec, of a file to read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  const lines = text.split('\n').map((line, index) => ({ id: line.trim(), line: index + 1 }));
  const named = lines.filter(({ id }) => id !== '' && id !== '#' && !id.startsWith('# '));
  const bad = named.filter(({ id }) => !isDeviceId(id));
  if (bad.length > 0) {
    return wrong(
      ...bad.map(
        ({ id, line }) => `line ${line} of it holds ${JSON.stringify(id.slice(0, 40))}, not ${DEVICE_ID_FORM}`,
      ),
    );
  }
  const ids = named.map(({ id }) => id);
  const seen = new Map<string, number>();
  const twice = named.filter(({ id, line }) => seen.has(id) || !seen.set(id, line));
  if (twice.length > 0) return wrong(...twice.map(({ id, line }) => `line ${line} of it names ${id} again`));
  return ids.length >= 1 && ids.length <= MOST_DEVICES
    ? { kind: 'ids', ids }
    : wrong(`a file with 1 to ${MOST_DEVICES} device ids, not ${ids.length}`);
}
