/** Names that are shorter than the rule's. */
const SHORT: Readonly<Record<string, string>> = {
  'devices.query.post': 'query',
  'twins.methods.post': 'methods.invoke',
  'twins.modules.methods.post': 'methods.invoke',
};

/**
 * What faults and counters call an operation: the fixed parts of its path and its method.
 *
 * @example operationOf('PATCH', '/twins/:id') // => 'twins.patch'
 */
export function operationOf(method: string, url: string): string {
  const parts = url.split('/').filter((part) => part !== '' && !part.startsWith(':'));
  const name = [...parts, method].join('.').toLowerCase();
  return SHORT[name] ?? name;
}
