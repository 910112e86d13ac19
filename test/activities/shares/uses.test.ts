import type { RolloutSpec } from '../../../domain/spec';
import { hubUse } from '../../../domain/uses';
import { type FakeHub, fakeHub } from '../../support/fake-hub';
import { main, names, shareOf, shareSpec } from '../../support/shares';

/** Counts calls as a hub would. */
function counting(hub: FakeHub): { readonly hub: FakeHub; readonly counts: Record<string, number> } {
  const counts: Record<string, number> = {};
  const note = (what: string, calls = 1): void => void (counts[what] = (counts[what] ?? 0) + calls);
  const counted: FakeHub = {
    ...hub,
    findJob: (jobId) => (note('job operations'), hub.findJob(jobId)),
    scheduleJob: (job) => (
      note('job operations'),
      note('job device operations', job.deviceIds.length),
      hub.scheduleJob(job)
    ),
    jobRows: (jobId) => (note('queries'), hub.jobRows(jobId)),
    devices: (where, parts) => (note('queries'), hub.devices(where, parts)),
    invokeMethod: (...call) => (note('direct methods'), hub.invokeMethod(...call)),
    twin: (deviceId) => (note('twin reads'), hub.twin(deviceId)),
    updateTwin: (...call) => (note('twin updates'), hub.updateTwin(...call)),
  };
  return { hub: counted, counts };
}

const twin = { kind: 'twin', desired: { floor: 1 }, etag: '*', confirmWithinMs: 60_000 } as const;
const retry = { attempts: 3, on: ['failed', 'timedOut'], firstMs: 0, factor: 1, mostMs: 0 } as const;
const CASES: readonly (readonly [string, Partial<RolloutSpec>])[] = [
  ['a method by jobs', {}],
  ['a method by jobs, with retries', { retry }],
  ['a method by direct calls, with retries', { executor: 'direct', retry }],
  ['a twin by jobs', { action: twin }],
  ['a twin by direct calls', { action: twin, executor: 'direct' }],
  ['a quarantine', { retry, quarantine: { after: 2, tags: { bad: true } } }],
];

it.each(CASES)('makes as many calls for %s as the plan says: neither fewer nor more', async (_, change) => {
  const { hub, counts } = counting(fakeHub({ devices: names(12), statusOf: (id) => (id < 'door-04' ? 500 : 200) }));
  const spec = shareSpec({ ...change, gate: { ...shareSpec().gate, failureLimit: 1 } });
  const { run } = await shareOf(hub, spec);
  await run();

  const { calls } = hubUse(spec, { hub: main, sku: hub.sku, deviceCount: 12, batchCount: 3, targetCount: 12 });

  expect(calls.map(({ what }) => what)).toEqual(expect.arrayContaining(Object.keys(counts)));
  const out = calls.filter(({ what, count, most }) => {
    const made = counts[what] ?? 0;
    // A look at a job is as quick as a test may be; a hub takes as long as it needs.
    return made > most || (made < count && what !== 'job operations');
  });
  expect({ out, counts }).toEqual({ out: [], counts });
});
