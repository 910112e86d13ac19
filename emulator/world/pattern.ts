/**
 * Compares whole names with a pattern, where `*` stands for any run of characters and all else for itself.
 *
 * @example matcherOf('twins.*')('twins.get') // => true
 */
export function matcherOf(pattern: string, flags: 'i' | '' = ''): (name: string) => boolean {
  if (pattern === '*') return () => true;
  const parts = pattern.split(/\*+/).map((part) => part.replace(/[.+?^${}()|[\]\\]/g, String.raw`\$&`));
  const expression = new RegExp(`^${parts.join('.*')}$`, `s${flags}`);
  return (name) => expression.test(name);
}
