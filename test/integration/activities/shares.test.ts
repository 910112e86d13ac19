import { Registry } from 'azure-iothub';
import { setTimeout as sleep } from 'node:timers/promises';
import { createIotHub } from '../../../activities/azure/iot-hub';
import type { Hub } from '../../../activities/ports';
import { Agent } from '../../../device/agent';
import { mirror } from '../../../device/mirror';
import { mapBounded } from '../../../domain/pool';
import type { RolloutSpec } from '../../../domain/spec';
import { sizeOf, tallyOf } from '../../../domain/tally';
import { eventually } from '../../support/eventually';
import { createHub, type TestHub } from '../../support/hub';
import { fakeSlots, main, shareOf, shareSpec } from '../../support/shares';
import { batchOf, gateOf, NAMED_METHOD } from '../../support/specs';

const DOORS = 200;
const AWAY = 20;
const STUCK = 10;
const BATCH = 50;
const SKU = { name: 'S1', units: 1 } as const;
const nameOf = (index: number): string => `door-${String(index).padStart(3, '0')}`;

/** Devices that do what an operation asks once, however often it comes, as operation ids are meant for. */
class Doors {
  readonly #agents = new Map<string, Agent>();
  readonly effects = new Map<string, number>();
  calls = 0;
  /** Called at each call. */
  onCall?: () => void;

  constructor(private readonly connections: ReadonlyMap<string, string>) {}

  async connect(deviceId: string): Promise<void> {
    const lockDoor = (payload: unknown) => {
      const { operation } = payload as { operation: string };
      this.calls += 1;
      this.onCall?.();
      if (Number(deviceId.slice(-3)) < STUCK) return Promise.resolve({ status: 500, payload: { error: 'stuck' } });
      this.effects.set(operation, 1);
      return Promise.resolve({ status: 200, payload: null });
    };
    const connectionString = this.connections.get(deviceId) ?? '';
    const agent = new Agent({
      ...{ connectionString, methods: { lockDoor }, desired: { '*': mirror } },
      onProblem: () => undefined,
    });
    this.#agents.set(deviceId, agent);
    await agent.start();
  }

  stop = () => Promise.allSettled([...this.#agents.values()].map((agent) => agent.stop()));
}

let test: TestHub;
let hub: Hub;
let doors: Doors;
let registry: Registry;
const here = Array.from({ length: DOORS - AWAY }, (_, index) => nameOf(index));
const away = Array.from({ length: AWAY }, (_, index) => nameOf(DOORS - AWAY + index));

beforeAll(async () => {
  test = await createHub();
  hub = createIotHub(main, SKU, test.connectionString);
  registry = Registry.fromConnectionString(test.connectionString);
  const connections = new Map<string, string>();
  await mapBounded([...here, ...away], 16, async (id) => void connections.set(id, await test.device(id)));
  doors = new Doors(connections);
  await mapBounded(here, 16, (id) => doors.connect(id));
});
afterAll(() => doors.stop());

const lock = NAMED_METHOD;
const direct = (change: Partial<RolloutSpec> = {}) =>
  shareSpec({
    executor: 'direct',
    action: lock,
    gate: gateOf({ failureLimit: 1 }),
    batch: batchOf({ size: BATCH, timeoutMs: 120_000 }),
    ...change,
  });
const real = (spec: RolloutSpec) => shareOf(hub, spec, fakeSlots().slots, (millis) => sleep(Math.min(millis, 100)));

it('calls two hundred devices, tells failed from offline ones, tries again, and catches up with those who come back', async () => {
  const retry = { attempts: 2, on: ['failed'], firstMs: 0, factor: 1, mostMs: 0 } as const;
  const { run } = await real(direct({ retry }));

  const result = await run();
  expect(result.tally).toEqual(tallyOf({ succeeded: DOORS - AWAY - STUCK, failed: STUCK, offline: AWAY }));
  expect(doors.calls).toBe(DOORS - AWAY + STUCK);

  const caughtUp = run({ pass: 'catchUp', wave: 0 });
  await mapBounded(away, 8, (id) => doors.connect(id));
  expect((await caughtUp).tally).toEqual(tallyOf({ succeeded: AWAY }));
  expect(doors.effects.size).toBe(DOORS - STUCK);
});

it('begins at most the batch in flight once a stop is asked, and the rest goes on later', async () => {
  const { run, line } = await real(direct());
  doors.calls = 0;
  doors.onCall = () => void (line.stop = doors.calls >= BATCH);

  const stopped = await run();
  doors.onCall = undefined;

  expect(stopped.stopped).toBe('cancelled');
  expect(doors.calls).toBeLessThanOrEqual(2 * BATCH);
  const { tally } = stopped;
  expect(sizeOf(tally)).toBe(DOORS);
  expect(tally.succeeded + tally.failed).toBe(doors.calls);
  line.stop = false;
  await expect(run({ cursor: stopped.cursor })).resolves.toMatchObject({ tally: { failed: STUCK, pending: 0 } });
  expect(doors.calls).toBe(DOORS);
});

it('repeats what a lost worker had out with the same operation ids: each device does it once', async () => {
  const { run, line } = await real(direct());
  doors.effects.clear();
  doors.calls = 0;
  line.onCheck = ({ checkpoints }) => {
    if (checkpoints?.some(({ outcomes }) => outcomes.length > 0) === true) throw new Error('the worker is gone');
  };
  await expect(run()).rejects.toThrow('the worker is gone');
  line.onCheck = undefined;

  await expect(run()).resolves.toMatchObject({ tally: { succeeded: DOORS - STUCK } });

  expect(doors.calls).toBeGreaterThan(DOORS);
  expect(doors.effects.size).toBe(DOORS - STUCK);
});

it.each(['job', 'direct'] as const)(
  'sets twins (%s), sees them reported, and brings each back to what it had',
  async (executor) => {
    const target = { kind: 'query', hubs: [main], where: "deviceId IN ['door-001','door-002','door-003']" } as const;
    const action = {
      kind: 'twin',
      etag: '*',
      desired: { mode: executor },
      tags: { set: executor },
      confirmWithinMs: 120_000,
    } as const;
    await registry.updateTwin(
      'door-001',
      { tags: { set: 'before' }, properties: { desired: { mode: 'before', own: 1 } } },
      '*',
    );
    const { run, ledger } = await real(direct({ executor, target, action }));

    await expect(run()).resolves.toMatchObject({ tally: tallyOf({ succeeded: 3 }) });
    await expect(hub.twin('door-001' as never)).resolves.toMatchObject({
      desired: { mode: executor, own: 1 },
      tags: { set: executor },
    });
    expect(ledger.records.get('rollouts/lock-doors/results/wave-w1-p1/a1-b1.json')).toMatch(/"desiredVersion":\d+/);
    await registry.updateTwin('door-003', { properties: { desired: { mode: 'somebody else' } } }, '*');

    await expect(run({ pass: 'rollback' })).resolves.toMatchObject({ tally: tallyOf({ succeeded: 2, failed: 1 }) });

    await expect(hub.twin('door-001' as never)).resolves.toMatchObject({
      desired: { mode: 'before', own: 1 },
      tags: { set: 'before' },
    });
    expect((await hub.twin('door-002' as never))?.desired).not.toHaveProperty('mode');
    await expect(hub.twin('door-003' as never)).resolves.toMatchObject({ desired: { mode: 'somebody else' } });
    await registry.updateTwin('door-003', { properties: { desired: { mode: null } } }, '*');
  },
);

it('tells a device that the hub does not have from one that is offline', async () => {
  await test.device('door-off');
  const call = { name: 'lockDoor', payload: null, responseTimeoutMs: 5_000 };

  await expect(hub.invokeMethod('door-off' as never, call)).resolves.toMatchObject({ kind: 'offline' });
  await expect(hub.invokeMethod('nobody' as never, call)).resolves.toMatchObject({ kind: 'gone' });
  await expect(hub.twin('nobody' as never)).resolves.toBeUndefined();
  await expect(hub.updateTwin('nobody' as never, { tags: { a: 1 } }, '*')).resolves.toMatchObject({ kind: 'gone' });
  await expect(hub.updateTwin('door-off' as never, { tags: { a: 1 } }, 'AAAAAAAAAAk=')).resolves.toMatchObject({
    kind: 'changed',
  });
  await eventually(async () => expect((await hub.twin('door-001' as never))?.connected).toBe(true));
});
