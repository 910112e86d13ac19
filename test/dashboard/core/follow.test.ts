import { FleetStore } from '../../../dashboard/core/fleet-store';
import { follow, type FollowPorts, type LiveStatus, pauseMs } from '../../../dashboard/core/follow';
import type { DeviceView } from '../../../telemetry/view';
import { viewOf } from '../../support/device-views';

const closedBy = (end: () => void): Promise<void> => {
  end();
  return Promise.resolve();
};

/** A host whose connections a test ends by hand; `script` says what each try to connect comes to. */
function stand(script: ('fails' | 'connects')[], states: DeviceView[][]) {
  const over = new AbortController();
  const statuses: string[] = [];
  const ends: (() => void)[] = [];
  const store = new FleetStore((run) => run());
  let tell: (views: readonly DeviceView[]) => void = () => undefined;
  const ports: FollowPorts = {
    connect: (_, told) => {
      const next = script.shift();
      if (next === undefined) over.abort();
      if (next !== 'connects') return Promise.reject(new Error('no host'));
      tell = told;
      let end = (): void => undefined;
      const closed = new Promise<void>((resolve) => (end = resolve));
      ends.push(end);
      return Promise.resolve({ closed, stop: () => closedBy(end) });
    },
    async *pages() {
      yield await Promise.resolve(states.shift() ?? []);
    },
    pause: () => Promise.resolve(),
    random: () => 0,
  };
  const onStatus = (status: LiveStatus): void => {
    statuses.push(status.kind === 'away' ? `away ${status.retryInMs} ${status.why}` : status.kind);
    if (status.kind === 'live') ends.at(-1)?.();
  };
  return { store, ports, over, statuses, onStatus, tell: (views: DeviceView[]) => tell(views) };
}

it('connects before it loads, and begins again each time the connection ends, ever more slowly while nobody answers', async () => {
  const { store, ports, over, statuses, onStatus } = stand(
    ['fails', 'fails', 'connects', 'fails', 'connects'],
    [[viewOf('a', { count: 1 })], [viewOf('b', { count: 2 })]],
  );

  await follow({ store, ports, site: '', signal: over.signal, onStatus });

  expect(statuses).toEqual([
    ...['connecting', 'away 250 no host', 'connecting', 'away 500 no host'],
    ...['connecting', 'loading', 'live', 'away 250 the connection has ended'],
    ...['connecting', 'away 500 no host'],
    ...['connecting', 'loading', 'live', 'away 250 the connection has ended'],
    'connecting',
  ]);
  expect([...store.values()].map(({ deviceId }) => deviceId)).toEqual(['b']); // `a` was gone when it loaded again
});

it('gives a load up with its connection', async () => {
  const { store, ports, over, statuses, onStatus } = stand(['connects'], []);
  let stopped: unknown;
  const pages = async function* (_: string, signal: AbortSignal): AsyncGenerator<DeviceView[]> {
    over.abort(); // as when another site is chosen
    await Promise.resolve();
    stopped = signal.aborted;
    signal.throwIfAborted();
    yield [viewOf('late')];
  };

  await follow({ store, ports: { ...ports, pages }, site: 'hall-1', signal: over.signal, onStatus });

  expect([stopped, statuses, store.size]).toEqual([true, ['connecting', 'loading'], 0]);
});

it('waits at least half of what it may, and half a minute at most', () => {
  expect([pauseMs(0, 0), pauseMs(0, 1), pauseMs(3, 0.5), pauseMs(40, 1)]).toEqual([250, 500, 3_000, 30_000]);
});
