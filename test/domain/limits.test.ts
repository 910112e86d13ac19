import {
  callsInFlight,
  type HubSku,
  isFull,
  jobDevicesPerSecond,
  jobLookMs,
  jobLooks,
  jobOperationsPerMinute,
  jobSlots,
  methodsPerSecond,
  queriesPerMinute,
  twinReadsPerSecond,
  twinUpdatesPerSecond,
} from '../../domain/limits';

const sku = (name: HubSku['name'], units: number): HubSku => ({ name, units });

// IoT Hub developer guide, "Quotas and throttling": a line a SKU, at the number of units where "the larger of" turns.
it.each<[HubSku, readonly number[]]>([
  [sku('F1', 1), [10, 1, 40, 50, 100, 20, 100]],
  [sku('S1', 1), [10, 1, 40, 50, 100, 20, 100]],
  [sku('S1', 3), [10, 1, 120, 50, 100, 60, 300]],
  [sku('S2', 1), [10, 5, 120, 50, 100, 20, 100]],
  [sku('S2', 10), [10, 5, 1_200, 50, 100, 200, 1_000]],
  [sku('S2', 11), [11, 5, 1_320, 55, 110, 220, 1_100]],
  [sku('S3', 1), [50, 10, 6_000, 250, 500, 1_000, 5_000]],
  [sku('S3', 2), [100, 10, 12_000, 500, 1_000, 2_000, 10_000]],
])('knows what %j allows', (hub, allowed) => {
  const limits = [
    jobDevicesPerSecond,
    jobSlots,
    methodsPerSecond,
    twinUpdatesPerSecond,
    twinReadsPerSecond,
    queriesPerMinute,
    jobOperationsPerMinute,
  ];

  expect(limits.map((limit) => limit(hub))).toEqual(allowed);
});

it('leaves Basic hubs out: they lack all that a rollout uses', () => {
  const names = ['F1', 'B1', 'B2', 'B3', 'S1', 'S2', 'S3'] as const;

  expect(names.filter((name) => isFull(sku(name, 1)))).toEqual(['F1', 'S1', 'S2', 'S3']);
});

it('has as many calls in flight as begin in two seconds, up to a bound', () => {
  expect(callsInFlight(sku('S1', 1), 'methods')).toBe(80);
  expect(callsInFlight(sku('S1', 1), 'twinUpdates')).toBe(100);
  expect(callsInFlight(sku('S3', 1), 'methods')).toBe(256);
});

it('looks at a job at a twentieth of its time, neither too often for the hub nor too seldom', () => {
  expect(jobLookMs(sku('S1', 1), 0)).toBe(1_200);
  expect(jobLookMs(sku('S1', 1), 24_000)).toBe(1_200);
  expect(jobLookMs(sku('S1', 1), 24_020)).toBe(1_201);
  expect(jobLookMs(sku('S3', 1), 0)).toBe(250);
  expect(jobLookMs(sku('S1', 1), 3_600_000)).toBe(5_000);
});

it('counts the looks that a job gets', () => {
  expect(jobLooks(sku('S1', 1), 0)).toBe(1);
  expect(jobLooks(sku('S1', 1), 1_200)).toBe(1);
  expect(jobLooks(sku('S1', 1), 1_201)).toBe(2);
  expect(jobLooks(sku('S1', 1), 2_401)).toBe(3);
});
