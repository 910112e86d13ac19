import type { EventSource, HubEvent } from '../../../../emulator/hub/events/event';
import { Router } from '../../../../emulator/hub/routing/router';
import { blobName } from '../../../../emulator/hub/routing/storage-sink';
import type { Route, Routing } from '../../../../emulator/hub/settings';

const route = (given: Partial<Route>): Route => ({
  name: 'r',
  source: 'DeviceMessages',
  condition: 'true',
  endpointNames: ['cold'],
  isEnabled: true,
  ...given,
});
const routerOf = (given: Partial<Routing>): Router => {
  const routing = { storage: [], eventHubs: [], routes: [], fallbackIsEnabled: true, enrichments: [], ...given };
  const twin = { tags: { site: 'west' }, properties: { desired: {}, reported: {} } };
  return new Router({ name: 'Hub', routing: () => routing, twinOf: () => twin });
};
const event = (source: EventSource = 'Telemetry', properties: HubEvent['properties'] = {}): HubEvent => ({
  source,
  deviceId: 'd',
  system: {},
  properties,
  body: Buffer.from(''),
});
const endpointsOf = (router: Router, of: HubEvent): string[] =>
  router.deliveries(of, 0).map(({ endpoint }) => endpoint);

it('delivers once to an endpoint, however many routes lead there', () => {
  const router = routerOf({
    routes: [route({ endpointNames: ['cold', 'events'] }), route({}), route({ isEnabled: false })],
  });

  expect(endpointsOf(router, event())).toEqual(['cold', 'events']);
});

it('falls back to the built-in endpoint for messages of devices that no route takes, and for those alone', () => {
  const routes = [route({ condition: "level = 'high'" }), route({ source: 'TwinChangeEvents', condition: 'false' })];

  expect(endpointsOf(routerOf({ routes }), event())).toEqual(['events']);
  expect(endpointsOf(routerOf({ routes }), event('Telemetry', { level: 'high' }))).toEqual(['cold']);
  expect(endpointsOf(routerOf({ routes, fallbackIsEnabled: false }), event())).toEqual([]);
  expect(endpointsOf(routerOf({ routes }), event('twinChangeEvents'))).toEqual([]);
});

it('adds what the hub enriches messages with, for the endpoints that are named', () => {
  const enrich = (key: string, value: string, ...endpointNames: string[]) => ({ key, value, endpointNames });
  const router = routerOf({
    routes: [route({ endpointNames: ['events', 'cold'] })],
    enrichments: [
      enrich('hub', '$iothubname', 'events'),
      enrich('site', '$twin.tags.site', 'events'),
      enrich('none', '$twin.tags.none', 'events'),
      enrich('fixed', 'text', 'events', 'other'),
    ],
  });

  const [toEvents, toCold] = router.deliveries(event('Telemetry', { own: '1' }), 0);

  expect(toEvents?.event.properties).toEqual({ own: '1', hub: 'Hub', site: 'west', fixed: 'text' });
  expect(toCold?.event.properties).toEqual({ own: '1' });
});

it('names blobs by hub, partition and time', () => {
  const at = Date.UTC(2026, 0, 2, 3, 4);

  expect(blobName('{iothub}/{partition}/{YYYY}-{MM}-{DD}/{HH}/{mm}', 'h', '2', at)).toBe('h/2/2026-01-02/03/04');
});
