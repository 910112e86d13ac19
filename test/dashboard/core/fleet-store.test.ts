import { FleetStore } from '../../../dashboard/core/fleet-store';
import type { DeviceView } from '../../../telemetry/view';
import { viewOf } from '../../support/device-views';

const storeOf = (...views: DeviceView[]): FleetStore => {
  const store = new FleetStore((run) => run());
  store.apply(views);
  return store;
};
async function* pages(...all: DeviceView[][]): AsyncGenerator<DeviceView[]> {
  for (const page of all) yield await Promise.resolve(page);
}
const shown = (store: FleetStore): Record<string, number> =>
  Object.fromEntries([...store.values()].map(({ deviceId, count }) => [deviceId, count]));

it('keeps the view that has counted more, whichever comes first', () => {
  const store = storeOf(viewOf('a', { count: 5, rejected: 1 }));
  store.apply([viewOf('a', { count: 4, rejected: 1 })]);
  expect(shown(store)).toEqual({ a: 5 });
  store.apply([viewOf('a', { count: 5, rejected: 2 })]);
  expect(store.get({ hub: 'west', deviceId: 'a' })?.rejected).toBe(2);
});

it('takes devices of one id on two hubs for two', () => {
  expect(storeOf(viewOf('a'), viewOf('a', { hub: 'east' })).size).toBe(2);
});

it('forgets what a load does not find, but for what was told meanwhile', async () => {
  const store = storeOf(viewOf('gone'), viewOf('made-anew', { count: 50 }), viewOf('told', { count: 3 }));
  async function* withNews(): AsyncGenerator<DeviceView[]> {
    yield [viewOf('made-anew', { count: 2 })];
    store.apply([viewOf('told', { count: 9 }), viewOf('new', { count: 1 })]);
    yield await Promise.resolve([viewOf('told', { count: 8 })]);
  }
  await store.load(withNews());
  expect(shown(store)).toEqual({ 'made-anew': 2, told: 9, new: 1 });
});

it('forgets nothing of other sites, and nothing when a page is missing', async () => {
  const store = storeOf(viewOf('a'), viewOf('b', { site: 'hall-2' }));
  await store.load(pages([]), 'hall-1');
  expect(shown(store)).toEqual({ b: 10 });
  async function* broken(): AsyncGenerator<DeviceView[]> {
    yield await Promise.resolve([viewOf('c')]);
    throw new Error('no page');
  }
  await expect(store.load(broken())).rejects.toThrow('no page');
  expect(shown(store)).toEqual({ b: 10, c: 10 });
});

it('tells of many changes once', () => {
  const later: (() => void)[] = [];
  const store = new FleetStore((run) => later.push(run));
  const listener = jest.fn();
  const end = store.subscribe(listener);
  store.apply([viewOf('a')]);
  store.apply([viewOf('b')]);
  expect(later).toHaveLength(1);
  later[0]?.();
  store.apply([viewOf('c')]);
  end();
  later[1]?.();
  expect(listener).toHaveBeenCalledTimes(1);
});
