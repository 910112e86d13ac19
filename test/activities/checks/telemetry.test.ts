import { createCheckActivities } from '../../../activities/checks';
import type { CheckInput, CheckResult } from '../../../activities/contracts';
import type { SendingDevice, SentWindow } from '../../../activities/health/source';
import { type ChunkRef, createPlans } from '../../../activities/ledger/plans';
import type { HubName, RolloutId } from '../../../domain/ids';
import type { Check } from '../../../domain/spec';
import { tallyOf } from '../../../domain/tally';
import { activityContext } from '../../support/activity';
import { fakeLedger } from '../../support/fake-hub';

type HealthCheck = Extract<Check, { kind: 'telemetry' }>;

const MINUTE = 60_000;
/** The wave's devices were changed in the first minute of this hour; windows begin each five. */
const TEN = Date.parse('2026-11-22T10:00:00Z');
const at = (minutes: number): number => TEN + minutes * MINUTE;
const rolloutId = 'firmware' as RolloutId;

const ids = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}-${String(index + 1).padStart(2, '0')}`);
const CANARIES = ids('canary', 10);
const LATER = ids('later', 10);
const EARLIER = ids('earlier', 5);
const DONE = ids('done', 5);
const OUTSIDE = ids('outside', 5);

interface Chunked extends Pick<ChunkRef, 'kind' | 'wave'> {
  readonly part?: number;
  readonly hub?: string;
  readonly devices: readonly string[];
}

/** The second of three waves is asked about. */
const PLAN: readonly Chunked[] = [
  { kind: 'wave', wave: 1, devices: EARLIER },
  { kind: 'wave', wave: 2, devices: CANARIES },
  { kind: 'wave', wave: 3, devices: LATER },
  { kind: 'skipped', wave: 0, devices: DONE },
];

async function plansWith(chunked: readonly Chunked[], hubs: readonly string[]) {
  const ledger = fakeLedger();
  const chunks = await Promise.all(
    chunked.map(async ({ devices, part = 1, hub = 'main', ...rest }, index): Promise<ChunkRef> => {
      const path = `chunk-${index}`;
      await ledger.put(path, { deviceIds: devices });
      const counts = { firstBatch: 1, batchCount: 1, deviceCount: devices.length };
      return { ...rest, ...counts, part, hub: hub as HubName, path, ranks: [0, 1], sha256: '' };
    }),
  );
  const waves = [{}, {}, {}].map((_, index) => ({ index: index + 1 }));
  await ledger.put(`rollouts/${rolloutId}/plan.json`, {
    spec: { target: { hubs } },
    summary: { rolloutId, waves },
    chunks,
  });
  return createPlans(ledger);
}

/** What a device sends in five minutes. */
const sends = (startMs: number, celsius: number, rejected = 0, lengthMs = 5 * MINUTE): SentWindow => ({
  ...{ startMs, lengthMs, accepted: 10 - rejected, rejected },
  fields: rejected === 10 ? {} : { Celsius: { count: 10 - rejected, sum: (10 - rejected) * celsius } },
});

const device = (deviceId: string, ...windows: SentWindow[]): SendingDevice => ({
  deviceId,
  lastSeenMs: Math.max(...windows.map(({ startMs, lengthMs }) => startMs + lengthMs - 1_000)),
  windows,
});

/** Sends as ever, before and after. */
const well = (deviceId: string): SendingDevice =>
  device(deviceId, sends(at(-10), 20), sends(at(-5), 20), sends(at(0), 99), sends(at(5), 20), sends(at(10), 20));

interface Asked {
  readonly check: Partial<HealthCheck>;
  readonly chunked?: readonly Chunked[];
  readonly hubs?: readonly string[];
  /** By hub; sorted here. */
  readonly devices?: Readonly<Record<string, readonly SendingDevice[]>>;
  readonly unfinished?: readonly number[];
  readonly changedTo?: number;
}

const EVERYBODY = [...CANARIES, ...LATER, ...EARLIER, ...DONE, ...OUTSIDE].map(well);
const insteadOf = (...changed: readonly SendingDevice[]): Record<string, readonly SendingDevice[]> => ({
  main: EVERYBODY.map((each) => changed.find(({ deviceId }) => deviceId === each.deviceId) ?? each),
});

async function ask({ check, chunked = PLAN, hubs = ['main'], devices = { main: EVERYBODY }, ...rest }: Asked) {
  const source = {
    keyOf: (id: string) => id,
    // eslint-disable-next-line @typescript-eslint/require-await
    async *devices(hub: string) {
      yield* [...(devices[hub] ?? [])].sort((a, b) => (a.deviceId < b.deviceId ? -1 : 1));
    },
  };
  const { askCheck } = createCheckActivities({}, { source, plans: await plansWith(chunked, hubs) });
  return asking(askCheck, check, rest);
}

const asking = (
  askCheck: (input: CheckInput) => Promise<CheckResult>,
  check: Partial<HealthCheck>,
  { unfinished = [], changedTo = at(1) }: Pick<Asked, 'unfinished' | 'changedTo'> = {},
) =>
  activityContext().run<[CheckInput], CheckResult, typeof askCheck>(askCheck, {
    ...{ rolloutId, wave: 2, tally: tallyOf({ succeeded: 10 }), since: new Date(TEN).toISOString() },
    changed: { from: new Date(TEN).toISOString(), to: new Date(changedTo).toISOString(), unfinished },
    check: { kind: 'telemetry', name: 'health', measure: { kind: 'rejected' }, minimum: 5, graceMs: 0, ...check },
  });

const rejected: HealthCheck['measure'] = { kind: 'rejected' };
const mean: HealthCheck['measure'] = { kind: 'mean', field: 'Celsius' };
const missing: HealthCheck['measure'] = { kind: 'missing' };

it('passes a wave that sends as the untouched devices do and as itself did, with all numbers', async () => {
  const result = await ask({
    check: {
      measure: mean,
      value: { op: '<', value: 30 },
      untouched: { difference: { op: 'to', least: -1, most: 1 } },
      past: { forMs: 10 * MINUTE, ratio: { op: '<=', value: 1.1 } },
    },
  });

  expect(result).toMatchObject({
    kind: 'passed',
    inputs: {
      measure: 'mean Celsius',
      changed: { from: '2026-11-22T10:00:00.000Z', to: '2026-11-22T10:01:00.000Z' },
      since: '2026-11-22T10:01:00.000Z',
      wave: { planned: 10, devices: 10, value: 20 },
      untouched: { devices: 15, value: 20 }, // of the later wave and outside; neither earlier ones nor those skipped
      past: { devices: 10, value: 20, from: '2026-11-22T09:50:00.000Z' },
    },
  });
});

it('fails when devices of the wave send what is rejected, and names those', async () => {
  const bad = device('canary-03', sends(at(-5), 20), sends(at(5), 200, 10));

  const result = await ask({
    check: { measure: rejected, untouched: { difference: { op: '<=', value: 0.01 } } },
    devices: insteadOf(bad),
  });

  // Ten messages of 190: the bad one has one window since, the others two.
  expect(result).toMatchObject({
    kind: 'failed',
    inputs: { wave: { value: 0.0526316 }, untouched: { value: 0 }, examples: [{ deviceId: 'canary-03', value: 1 }] },
  });
});

it('does not count a window in which the wave was changed, whatever it holds', async () => {
  const result = await ask({
    check: {
      measure: mean,
      value: { op: '<', value: 21 },
      past: { forMs: 60 * MINUTE, difference: { op: '<', value: 1 } },
    },
  });

  expect(result).toMatchObject({ kind: 'passed', inputs: { wave: { value: 20 }, past: { value: 20 } } });
});

it('counts only what comes after the grace', async () => {
  const result = await ask({
    check: { measure: mean, graceMs: 6 * MINUTE, value: { op: '<', value: 21 } },
    devices: { main: EVERYBODY.map(({ deviceId }) => device(deviceId, sends(at(5), 99), sends(at(10), 20))) },
  });

  expect(result).toMatchObject({ kind: 'passed', inputs: { since: '2026-11-22T10:07:00.000Z', wave: { value: 20 } } });
});

it('finds those that have sent nothing since, of those that had been heard before', async () => {
  const silent = CANARIES.slice(0, 2).map((id) => device(id, sends(at(-5), 20)));
  const longGone = device('canary-10', sends(at(-90), 20));

  const result = await ask({
    check: { measure: missing, value: { op: '<=', value: 0.05 } },
    devices: insteadOf(...silent, longGone),
  });

  expect(result).toMatchObject({
    kind: 'failed',
    reason: expect.stringContaining('22.22%') as string,
    inputs: { wave: { planned: 10, devices: 9 }, examples: [{ deviceId: 'canary-01' }, { deviceId: 'canary-02' }] },
  });
});

it('takes the quantile over devices, not over messages', async () => {
  const hot = device('canary-01', ...[5, 10].map((minute) => ({ ...sends(at(minute), 70), accepted: 10_000 })));

  const result = await ask({
    check: { measure: { kind: 'quantile', field: 'Celsius', at: 0.9 }, value: { op: '<', value: 30 } },
    devices: insteadOf(hot),
  });

  expect(result.kind).toBe('passed');
});

it('names at most five devices, the worst first', async () => {
  const hot = CANARIES.map((id, index) => device(id, sends(at(5), 50 + index)));

  const result = await ask({ check: { measure: mean, value: { op: '<', value: 30 } }, devices: insteadOf(...hot) });

  const { examples } = result.inputs as { examples: readonly { deviceId: string }[] };
  expect(examples.map(({ deviceId }) => deviceId)).toEqual([...CANARIES].reverse().slice(0, 5));
});

it('leaves out parts of the wave that are not at rest, on either side', async () => {
  const chunked: Chunked[] = [
    { kind: 'wave', wave: 2, part: 1, devices: CANARIES },
    { kind: 'wave', wave: 2, part: 2, devices: LATER },
  ];

  const result = await ask({
    check: { measure: mean, untouched: { difference: { op: '<', value: 1 } } },
    chunked,
    unfinished: [2],
  });

  // The others of the plan above are none of this one: they are untouched.
  expect(result.inputs).toMatchObject({ wave: { planned: 10, devices: 10 }, untouched: { devices: 15 } });
});

it('compares within the hubs of the target, all of them', async () => {
  const chunked: Chunked[] = [
    { kind: 'wave', wave: 2, devices: CANARIES },
    { kind: 'wave', wave: 3, part: 1, hub: 'north', devices: LATER },
  ];

  const result = await ask({
    check: { measure: mean, untouched: { difference: { op: '<', value: 1 } } },
    ...{ chunked, hubs: ['main', 'north'] },
    devices: { main: CANARIES.map(well), north: LATER.map(well), south: OUTSIDE.map(well) },
  });

  expect(result).toMatchObject({ kind: 'passed', inputs: { wave: { devices: 10 }, untouched: { devices: 10 } } });
});

it('leaves the comparison out where the plan leaves nobody untouched, and says so', async () => {
  const check = { measure: mean, untouched: { difference: { op: '<', value: 1 } } } as const;
  const lone = {
    chunked: [{ kind: 'wave', wave: 2, devices: CANARIES }],
    devices: { main: CANARIES.map(well) },
  } as const;

  expect(await ask({ check, ...lone })).toMatchObject({ kind: 'inconclusive', inputs: { untouched: 'nobody' } });
  expect(await ask({ check: { ...check, value: { op: '<', value: 30 } }, ...lone })).toMatchObject({ kind: 'passed' });
});

it.each<[string, Asked, string]>([
  [
    'there are no messages since',
    { check: { measure: mean, value: { op: '<', value: 30 } }, changedTo: at(16) },
    'nothing of main is newer than',
  ],
  [
    'no device has ever sent',
    { check: { value: { op: '<', value: 1 } }, devices: {} },
    'no device of main has ever sent',
  ],
  [
    'all of a hub are silent: device or pipeline, nobody knows',
    {
      check: { measure: missing, value: { op: '<', value: 1 } },
      devices: { main: EVERYBODY.map(({ deviceId }) => device(deviceId, sends(at(-5), 20))) },
    },
    'the pipeline is late or stands still',
  ],
  [
    'too few have sent',
    { check: { measure: mean, value: { op: '<', value: 30 }, minimum: 11 } },
    '10 devices of the wave with data, 11 are needed',
  ],
  [
    'nobody sends the field',
    { check: { measure: { kind: 'mean', field: 'Lux' }, value: { op: '<', value: 30 } } },
    '0 devices of the wave',
  ],
  [
    'the past is kept no more',
    {
      check: { measure: mean, past: { forMs: 60 * MINUTE, difference: { op: '<', value: 1 } } },
      devices: { main: EVERYBODY.map(({ deviceId }) => device(deviceId, sends(at(5), 20))) },
    },
    '0 devices of the wave with a past',
  ],
  [
    'it is asked too early',
    { check: { value: { op: '<', value: 1 } }, changedTo: Date.now() + MINUTE },
    'gate.soak is to be longer than grace',
  ],
])('is inconclusive when %s', async (_name, asked, reason) => {
  await expect(ask(asked)).resolves.toMatchObject({
    kind: 'inconclusive',
    reason: expect.stringContaining(reason) as string,
  });
});

it('is inconclusive in a worker whose stack has no telemetry', async () => {
  const { askCheck } = createCheckActivities({});

  await expect(asking(askCheck, {})).resolves.toMatchObject({
    kind: 'inconclusive',
    reason: expect.stringContaining('has no telemetry') as string,
  });
});

it('stops at a source that does not keep its order', async () => {
  const source = {
    keyOf: (id: string) => id,
    // eslint-disable-next-line @typescript-eslint/require-await
    async *devices() {
      yield* ['b', 'a'].map(well);
    },
  };
  const { askCheck } = createCheckActivities({}, { source, plans: await plansWith(PLAN, ['main']) });

  await expect(asking(askCheck, {})).rejects.toThrow('out of order: a after b');
});

it('finds the same whatever the size of the fleet outside', async () => {
  const many = ids('other', 5_000).map(well);
  const check = { measure: mean, untouched: { difference: { op: '<', value: 1 } } } as const;

  const result = await ask({ check, devices: { main: [...EVERYBODY, ...many] } });

  expect(result).toMatchObject({ kind: 'passed', inputs: { untouched: { devices: 5_015 } } });
  expect(JSON.stringify(result).length).toBeLessThan(1_000);
});
