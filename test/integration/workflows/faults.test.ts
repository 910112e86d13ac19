import { Context } from '@temporalio/activity';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { Notice } from '../../../activities/contracts';
import { GroundswellError } from '../../../domain/errors';
import type { JobId } from '../../../domain/ids';
import type { Command, RolloutStatus } from '../../../domain/machine';
import type { GateMoment } from '../../../domain/progress';
import type { ShareInput } from '../../../domain/share';
import { rolloutState } from '../../../workflows/messages';
import { bothHubs, HOUR, runsWave2, soaking, steer } from '../../support/lives';
import {
  allSucceed,
  resultOf,
  type RunShare,
  type Scenario,
  sizeOfWave,
  specOf,
  statusIs,
  untilCancelled,
  untilStopped,
  withRollout,
} from '../../support/rollouts';
import { REST, sizes } from '../../support/specs';
import { startTemporal } from '../../support/temporal';

let env: TestWorkflowEnvironment;
beforeAll(async () => {
  env = await startTemporal();
});
afterAll(() => env.teardown());

const jobIds = ['job-1' as JobId];
const fault = { code: 'GS_JOB_FAILED', message: 'GS_JOB_FAILED: bad query', jobIds };
const refused = () => new GroundswellError('GS_HUB_REFUSED', { status: 403, reason: 'no right' });

/** Fails where it is told to, for as long as nobody has let the job be passed over. */
const jobFails =
  (where: (input: ShareInput) => boolean, otherwise: RunShare = allSucceed): RunShare =>
  (input) =>
    where(input) && input.passOver?.includes('job-1' as JobId) !== true
      ? Promise.resolve({ ...resultOf({ succeeded: 1, pending: sizeOfWave(input) - 1 }, 'fault'), fault })
      : otherwise(input);

/** Throws, the first time, what trying again does not mend. */
function throwing<Input, Result>(call: (input: Input) => Promise<Result>): (input: Input) => Promise<Result> {
  let thrown = false;
  return (input) => {
    if (thrown) return call(input);
    thrown = true;
    return Promise.reject(refused());
  };
}

const straggling: RunShare = (input) =>
  input.pass === 'wave'
    ? Promise.resolve(resultOf({ succeeded: sizeOfWave(input) - 1, offline: 1 }))
    : allSucceed(input);
const joining = { everyMs: HOUR, forMs: 2 * HOUR };
const watch = { forMs: HOUR, everyMs: 100, failing: { where: 'tags.bad = true', limit: 0 } };

interface Case extends Scenario {
  readonly place: string;
  /** Given in the state, so that the rollout comes to where it fails. */
  readonly first?: readonly [RolloutStatus, Command];
  readonly after?: GateMoment;
  readonly why: string;
  /** What it is, or comes to, after `proceed`. */
  readonly then: RolloutStatus;
}

const JOB = 'on west: GS_JOB_FAILED: bad query; proceed begins the batch again as a new job';
const REFUSED = 'GS_HUB_REFUSED: the hub refused the request (status=403 reason=no right); once it is mended proceed';
const CASES: readonly Case[] = [
  { place: 'a wave, by a job', runShare: jobFails(({ wave }) => wave === 2), why: JOB, then: 'completed' },
  { place: 'a wave, by a refusal', runShare: throwing(allSucceed), why: `on west: ${REFUSED}`, then: 'completed' },
  {
    place: 'the catch-up',
    spec: specOf({ offline: { quorum: 0, catchUpMs: HOUR } }),
    runShare: jobFails(({ pass }) => pass === 'catchUp', straggling),
    why: JOB,
    then: 'completed',
  },
  {
    place: 'a rollback',
    spec: specOf({ gate: soaking, action: { kind: 'twin', desired: { floor: 1 }, etag: '*' } }),
    first: ['soaking', 'rollback'],
    runShare: jobFails(({ pass }) => pass === 'rollback'),
    why: JOB,
    then: 'rolledBack',
  },
  {
    place: 'the look for late joiners',
    spec: specOf({ target: { ...specOf().target, kind: 'query', where: '*', joining } }),
    activities: { planJoiners: throwing(() => Promise.resolve({})) },
    why: `cannot look for late joiners: ${REFUSED}`,
    then: 'waiting',
  },
  {
    place: 'the watch',
    spec: specOf({ watch }),
    activities: { countDevices: throwing(() => Promise.resolve({ matching: 0, all: 100 })) },
    why: `cannot count the devices that have gone bad: ${REFUSED}`,
    then: 'watching',
  },
];

it.each(CASES)(
  'holds in $place when trying again cannot help, and tries again when a person says so',
  async (given) => {
    const { first, why, then, ...scenario } = given;

    await withRollout(env, scenario, async (handle) => {
      if (first !== undefined) {
        await statusIs(handle, first[0]);
        await steer(handle, first[1]);
      }
      await statusIs(handle, 'held');
      const held = await handle.query(rolloutState);
      await steer(handle, 'proceed');
      await statusIs(handle, then);
      const { decisions } = await handle.query(rolloutState);
      await handle.terminate().catch(() => undefined); // it may have ended by itself

      expect(held.decisions.at(-1)).toMatchObject({ after: 'fault', verdict: { kind: 'hold', gate: 'fault' } });
      expect(held.waitsFor).toMatchObject({ for: 'person' });
      expect(held.waitsFor?.why).toContain(why);
      expect(held.waitsFor?.why).toMatch(/; rollback or abort end it$/);
      expect(decisions.filter(({ kind }) => kind === 'proceed')).toHaveLength(1);
    });
  },
);

it.each(['abort', 'rollback'] as const)('ends by %s, too, while it is held for a fault', async (command) => {
  const spec = specOf({ action: { kind: 'twin', desired: { floor: 1 }, etag: '*' } });
  const runShare = jobFails(({ wave, pass }) => wave === 2 && pass === 'wave');

  await withRollout(env, { spec, runShare }, async (handle) => {
    await statusIs(handle, 'held');
    await steer(handle, command);

    await expect(handle.result()).resolves.toMatchObject({
      status: command === 'abort' ? 'aborted' : 'rolledBack',
      waves: [{ status: 'passed' }, { status: 'stopped', tally: { succeeded: 1, pending: 19 } }, { status: 'pending' }],
    });
  });
});

it('brings the other hubs to rest first, keeps what they did, and goes on with all of them', async () => {
  const rested: string[] = [];
  let begin: () => void = () => undefined;
  const begun = new Promise<void>((resolve) => (begin = resolve));
  const runShare = jobFails(
    ({ hub }) => hub === 'west',
    async (input) => {
      begin();
      if (input.hub === 'west' || rested.length > 0) return allSucceed(input);
      const result = await untilStopped(input);
      rested.push(input.hub);
      return result;
    },
  );
  const waiting: RunShare = async (input) => {
    if (input.hub === 'west') await begun;
    return runShare(input);
  };
  const notices: Notice[] = [];
  const spec = specOf({
    target: bothHubs,
    waves: sizes(REST),
    notify: [{ url: 'https://ops.test', format: 'json', on: ['held', 'breached'] }],
  });
  const activities: Scenario['activities'] = {
    notify: ({ notice }) => (notices.push(notice), Promise.resolve({ kind: 'delivered', tries: 1 })),
  };

  await withRollout(env, { spec, runShare: waiting, activities }, async (handle) => {
    await statusIs(handle, 'held');
    expect(rested).toEqual(['east']);
    await steer(handle, 'proceed');

    await expect(handle.result()).resolves.toMatchObject({ status: 'completed' });
  });
  expect(notices).toMatchObject([{ kind: 'held', reason: expect.stringContaining('GS_JOB_FAILED') as unknown }]);
});

it('is paused first where a person paused it, and held when the person resumes', async () => {
  const runShare: RunShare = async (input) => {
    if (input.wave !== 2 || input.passOver) return allSucceed(input);
    await untilStopped(input);
    return { ...resultOf({ pending: 20 }, 'fault'), fault };
  };

  await withRollout(env, { runShare }, async (handle) => {
    await runsWave2(handle);
    await steer(handle, 'pause');
    await statusIs(handle, 'paused');
    await steer(handle, 'resume');
    await statusIs(handle, 'held');
    await steer(handle, 'proceed');

    await expect(handle.result()).resolves.toMatchObject({ status: 'completed' });
  });
});

it('ends an abort whose batch in flight can never be brought in, and says so of the share', async () => {
  const runShare: RunShare = (input) =>
    input.mode === 'settle' ? Promise.reject(refused()) : untilCancelled().then(() => Context.current().cancelled);

  await withRollout(env, { runShare }, async (handle) => {
    await statusIs(handle, 'running');
    await steer(handle, 'abort');

    await expect(handle.result()).resolves.toMatchObject({
      status: 'aborted',
      waves: [{ tally: { pending: 5 }, shares: [{ stopped: 'fault', fault: { code: 'GS_HUB_REFUSED' } }] }, {}, {}],
    });
  });
});

it('ends as it has ended where its ledger can never be closed, and says so', async () => {
  const conflict = () => Promise.reject(new GroundswellError('GS_LEDGER_CONFLICT', { path: 'closing.json' }));

  await expect(
    withRollout(env, { activities: { closeRollout: conflict } }, (handle) => handle.result()),
  ).resolves.toMatchObject({ status: 'completed', unclosed: expect.stringContaining('closing.json') as unknown });
});

it('fails only where nothing was begun: in planning', async () => {
  const planRollout = () => Promise.reject(new GroundswellError('GS_QUERY_INVALID', { where: '=!' }));

  const failure = await withRollout(env, { activities: { planRollout } }, (handle) =>
    handle.result().catch((error: unknown) => error),
  );

  expect(failure).toMatchObject({ cause: { cause: { type: 'GS_QUERY_INVALID' } } });
});
