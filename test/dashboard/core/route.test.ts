import { hashOf, type Route, routeOf } from '../../../dashboard/core/route';

it.each<Exclude<Route, { kind: 'unknown' }>>([
  { kind: 'device', hub: 'west/1', deviceId: "a#b?c%/<img src=x onerror='x'>" },
  { kind: 'devices', query: new URLSearchParams({ q: 'a/b' }) },
  { kind: 'rollouts' },
  { kind: 'rollout', rolloutId: 'lock-doors' },
])('comes back from the address: %j', (route) => {
  expect(routeOf(hashOf(route))).toEqual(route);
});

it.each(['', '#', '#/'])('takes %j for the list of devices', (hash) => {
  expect(routeOf(hash)).toMatchObject({ kind: 'devices' });
});

it.each(['#/devices/west', '#/devices/west/%zz', '#/rollouts/a/b', '#/elsewhere'])('knows no page %s', (hash) => {
  expect(routeOf(hash).kind).toBe('unknown');
});
