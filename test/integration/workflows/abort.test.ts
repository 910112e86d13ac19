import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { lifelineOf } from '../../../activities/lifeline';
import { createPlanningActivities } from '../../../activities/planning';
import { createWindowActivities } from '../../../activities/windows';
import { createPlans } from '../../../activities/ledger/plans';
import { createResults } from '../../../activities/ledger/results';
import { createShareActivities } from '../../../activities/shares/share';
import { STEER } from '../../../workflows/messages';
import { eventually } from '../../support/eventually';
import { type FakeHub, fakeHub, fakeLedger, noClaims } from '../../support/fake-hub';
import { specOf, withRollout } from '../../support/rollouts';
import { REST, sizes } from '../../support/specs';
import { startTemporal } from '../../support/temporal';

let env: TestWorkflowEnvironment;
beforeAll(async () => {
  env = await startTemporal();
});
afterAll(() => env.teardown());

const DEVICES = Array.from({ length: 100 }, (_, index) => `door-${index}`);
const order = { actor: 'grace', reason: 'seen enough' };
const ONE_WAVE = specOf({ waves: sizes(REST) });

/** The product's own activities over a hub in memory. */
function activitiesOn(hub: FakeHub) {
  const hubs = { get: () => hub };
  const ledger = fakeLedger();
  const { planRollout } = createPlanningActivities({
    hubs,
    ledger,
    claims: noClaims,
    windows: createWindowActivities(),
  });
  const slots = {
    request: () => Promise.resolve(true),
    look: () => Promise.resolve({ granted: true, contended: false }),
    release: () => Promise.resolve(),
  };
  const { runShare } = createShareActivities({
    hubs,
    plans: createPlans(ledger),
    results: createResults(ledger),
    slots,
    lifelineOf,
  });
  return { activities: { planRollout, runShare }, spec: ONE_WAVE };
}

it('lets the batch in flight end on an abort, and begins no other, however short batches are', async () => {
  const hub = fakeHub({ devices: DEVICES });
  let isHeld = true;
  const { findJob } = hub;
  hub.findJob = async (jobId) => {
    const job = await findJob(jobId);
    return job && isHeld && hub.scheduled.length === 3 ? { ...job, status: 'running' } : job;
  };

  const state = await withRollout(env, activitiesOn(hub), async (handle) => {
    await eventually(() => {
      expect(hub.scheduled).toHaveLength(3);
    });
    await handle.executeUpdate(STEER.abort, { args: [order] });
    isHeld = false;
    return handle.result();
  });

  expect(hub.scheduled).toHaveLength(3);
  expect(state).toMatchObject({
    status: 'aborted',
    waves: [{ status: 'stopped', tally: { succeeded: 30, pending: 70 } }],
  });
});
