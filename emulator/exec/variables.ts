/** The variables of a program, before or after. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A list with one more part; one that it has already is not added again, so that `exec` within `exec` changes nothing. */
export function withPart(
  list: string | undefined,
  part: string,
  { separator, place = 'last' }: { readonly separator: string; readonly place?: 'first' | 'last' },
): string {
  if (!list) return part;
  if (list.split(separator).includes(part)) return list;
  return (place === 'first' ? [part, list] : [list, part]).join(separator);
}
