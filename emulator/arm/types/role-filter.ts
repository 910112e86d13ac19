import { badRequest } from '../errors';

const TERM = /^(?:(?<name>\w+)\s+eq\s+'(?<value>[^']*)'|(?<call>\w+\(\))|assignedTo\('(?<assigned>[^']*)'\))$/i;

/**
 * Reads a `$filter` of role assignments, role definitions or resources: terms of the form `name eq 'value'`, `atScope()` and
 * `assignedTo('id')`, joined by `and` (Azure RBAC, "List role assignments using the REST API").
 *
 * @param known  names that may occur
 * @returns      values by name, `''` for a call without a value
 * @throws       ArmError 400 for anything else
 * @example      filterOf("roleName eq 'Owner'", ['roleName']) // => { roleName: 'Owner' }
 */
export function filterOf(text: string | undefined, known: readonly string[]): Readonly<Record<string, string>> {
  if (text === undefined || text.trim() === '') return {};
  return Object.fromEntries(
    text
      .trim()
      .split(/\s+and\s+/i)
      .map((term) => {
        const { name, value, call, assigned } = TERM.exec(term)?.groups ?? {};
        const key = known.find(
          (one) => one.toLowerCase() === (name ?? call ?? (assigned && 'assignedTo'))?.toLowerCase(),
        );
        if (key !== undefined) return [key, value ?? assigned ?? ''] as const;
        throw badRequest(`The filter '${term}' is not supported.`, 'UnsupportedQuery');
      }),
  );
}
