import { GroundswellError } from '../../../domain/errors';
import { deviceIdOf, type JobId } from '../../../domain/ids';
import type { JobRow } from '../../../domain/outcome';
import { tallyOf } from '../../../domain/tally';
import { type FakeHub, fakeHub } from '../../support/fake-hub';
import { names, shareOf, shareSpec } from '../../support/shares';
import { batchOf } from '../../support/specs';

const FIRST = 'lock-doors-w1-p1-b1-a1' as JobId;
const SECOND = `${FIRST}-n2` as JobId;

/** A hub whose first jobs fail as a whole, after the first two devices of each have answered and a third one was asked. */
function failing(hub: FakeHub, fails: (jobId: JobId) => boolean = (jobId) => !jobId.includes('-n')): FakeHub {
  const { findJob, jobRows } = hub;
  hub.findJob = async (jobId) => {
    const job = await findJob(jobId);
    return job && fails(jobId) ? { status: 'failed', answered: 2, reason: 'no answer of the scheduler' } : job;
  };
  hub.jobRows = (jobId) => (fails(jobId) ? rowsOf(hub, jobId) : jobRows(jobId));
  return hub;
}

async function* rowsOf(hub: FakeHub, jobId: JobId): AsyncGenerator<readonly JobRow[]> {
  const [one = '', two = '', three = '', four = ''] = hub.scheduled.find((job) => job.jobId === jobId)?.deviceIds ?? [];
  const response = { status: 200, payload: null };
  yield Promise.resolve<readonly JobRow[]>([
    { deviceId: deviceIdOf(one), status: 'completed', response },
    { deviceId: deviceIdOf(two), status: 'completed', response },
    { deviceId: deviceIdOf(three), status: 'running' },
    { deviceId: deviceIdOf(four), status: 'pending' },
  ]);
}

const firstFault = {
  code: 'GS_JOB_FAILED',
  message: `GS_JOB_FAILED: the hub could not run the job (jobId=${FIRST} reason=no answer of the scheduler)`,
  jobIds: [FIRST],
};

it('says which job failed, why, and what had come of it; asked again it says the same', async () => {
  const hub = failing(fakeHub({ devices: names(10) }));
  const { run } = await shareOf(hub);
  const told = { tally: tallyOf({ succeeded: 2, timedOut: 1, pending: 7 }), stopped: 'fault', fault: firstFault };

  const first = await run();

  expect(first).toMatchObject(told);
  await expect(run({ cursor: first.cursor })).resolves.toMatchObject(told);
  await expect(run({ cursor: first.cursor, mode: 'settle' })).resolves.toMatchObject(told);
  expect(hub.scheduled).toHaveLength(1);
});

it('begins a failed batch again as a new job, for the devices that the first one had not begun', async () => {
  const hub = failing(fakeHub({ devices: names(5) }));
  const { run, results } = await shareOf(hub);
  const { cursor } = await run();

  const end = await run({ cursor, passOver: [FIRST] });
  const again = await run({ passOver: [FIRST] });

  expect(end).toMatchObject({ tally: tallyOf({ succeeded: 4, timedOut: 1 }), cursor: { batches: 1 } });
  expect(again).toEqual(end);
  const [first, second, ...others] = hub.scheduled;
  expect(second).toMatchObject({ jobId: SECOND, deviceIds: first?.deviceIds.slice(3) });
  expect(others).toEqual([]);
  const at = { rolloutId: 'lock-doors', pass: 'wave', wave: 1, part: 1, attempt: 1, batch: 1 } as const;
  const record = await results.find(at as unknown as Parameters<typeof results.find>[0]);
  expect(record).toMatchObject({ jobId: SECOND, outcomes: first?.deviceIds.map((deviceId) => ({ deviceId })) });
});

it('holds anew when the next job fails, too', async () => {
  const hub = failing(fakeHub({ devices: names(9) }), () => true);
  const { run } = await shareOf(hub, shareSpec({ batch: batchOf({ size: 9 }) }));
  await run();

  const second = await run({ passOver: [FIRST] });

  expect(second).toMatchObject({ tally: { pending: 3 }, fault: { jobIds: [SECOND] } });
  await expect(run({ passOver: [FIRST, SECOND] })).resolves.toMatchObject({ tally: { pending: 0 } });
});

it('needs no further job when the failed one had begun every device', async () => {
  const hub = failing(fakeHub({ devices: names(3) }));
  const { run } = await shareOf(hub);
  await run();

  const end = await run({ passOver: [FIRST], limit: 'waived' });

  expect(end).toMatchObject({ tally: tallyOf({ succeeded: 2, timedOut: 1 }) });
  expect(end.stopped).toBeUndefined();
  expect(hub.scheduled).toHaveLength(1);
});

it('goes on with a job that was lost and is there again, and submits no second one', async () => {
  const hub = fakeHub({ devices: names(5), looks: [undefined] });
  const { run } = await shareOf(hub);
  const { cursor, fault } = await run();
  hub.findJob = () => Promise.resolve({ status: 'completed', answered: 5 });

  await expect(run({ cursor, passOver: [FIRST] })).resolves.toMatchObject({ tally: tallyOf({ succeeded: 5 }) });

  expect(fault).toMatchObject({ code: 'GS_JOB_LOST', jobIds: [FIRST] });
  expect(hub.scheduled).toHaveLength(1);
});

it('names every job of a round that failed', async () => {
  const hub = failing({ ...fakeHub({ devices: names(10) }), sku: { name: 'S2', units: 1 } });
  const { run } = await shareOf(hub, shareSpec({ batch: batchOf({ size: 5, parallel: 2 }) }));

  const { fault } = await run();

  expect(fault?.jobIds).toEqual([FIRST, 'lock-doors-w1-p1-b2-a1']);
  expect(fault?.message).toMatch(/; and 1 more like it$/);
});

it('tries again what may pass before it tells of a fault: nothing is at rest until then', async () => {
  const hub = failing({ ...fakeHub({ devices: names(10) }), sku: { name: 'S2', units: 1 } }, (id) => id === FIRST);
  const { scheduleJob } = hub;
  hub.scheduleJob = (job) =>
    job.jobId === FIRST ? scheduleJob(job) : Promise.reject(new GroundswellError('GS_HUB_UNAVAILABLE', {}));
  const { run } = await shareOf(hub, shareSpec({ batch: batchOf({ size: 5, parallel: 2 }) }));

  await expect(run()).rejects.toMatchObject({ code: 'GS_HUB_UNAVAILABLE' });
});

it('takes what the hub refuses and what the ledger lacks for faults, too', async () => {
  const refusing = fakeHub({ devices: names(5) });
  refusing.scheduleJob = () => Promise.reject(new GroundswellError('GS_HUB_REFUSED', { status: 403 }));
  const refused = await shareOf(refusing);
  const robbed = await shareOf(fakeHub({ devices: names(5) }));
  for (const path of robbed.ledger.records.keys()) if (/plan-/.test(path)) robbed.ledger.records.delete(path);

  await expect(refused.run()).resolves.toMatchObject({ fault: { code: 'GS_HUB_REFUSED', jobIds: [] } });
  await expect(robbed.run()).resolves.toMatchObject({ fault: { code: 'GS_LEDGER_MISSING' }, tally: { pending: 5 } });
});
