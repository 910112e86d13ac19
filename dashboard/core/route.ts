/** What the page shows. It lies behind the `#`: a static website knows only the files that there are. */
export type Route =
  | { readonly kind: 'devices'; readonly query: URLSearchParams }
  | { readonly kind: 'device'; readonly hub: string; readonly deviceId: string }
  | { readonly kind: 'rollouts' }
  | { readonly kind: 'rollout'; readonly rolloutId: string }
  | { readonly kind: 'unknown'; readonly path: string };

/** @returns undefined where it is no text in percent encoding */
function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}

/** @example routeOf('#/devices/west/pump%201') // => { kind: 'device', hub: 'west', deviceId: 'pump 1' } */
export function routeOf(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#?\/?/, '').split('?', 2);
  const [head = '', ...parts] = path.split('/').map(decoded);
  const [first, second] = parts;
  if ((head === '' || head === 'devices') && parts.length === 0)
    return { kind: 'devices', query: new URLSearchParams(query) };
  if (head === 'devices' && parts.length === 2 && first && second)
    return { kind: 'device', hub: first, deviceId: second };
  if (head === 'rollouts' && parts.length === 0) return { kind: 'rollouts' };
  if (head === 'rollouts' && parts.length === 1 && first) return { kind: 'rollout', rolloutId: first };
  return { kind: 'unknown', path };
}

/** The reverse of {@link routeOf}. */
export function hashOf(route: Exclude<Route, { kind: 'unknown' }>): string {
  switch (route.kind) {
    case 'devices':
      return route.query.size === 0 ? '#/devices' : `#/devices?${route.query.toString()}`;
    case 'device':
      return `#/devices/${encodeURIComponent(route.hub)}/${encodeURIComponent(route.deviceId)}`;
    case 'rollouts':
      return '#/rollouts';
    case 'rollout':
      return `#/rollouts/${encodeURIComponent(route.rolloutId)}`;
  }
}
