import type { TestWorkflowEnvironment } from '@temporalio/testing';
import fc from 'fast-check';
import type { Activities } from '../../../activities';
import { hubNameOf } from '../../../domain/ids';
import type { PlannedWave } from '../../../domain/plan';
import type { RolloutState } from '../../../domain/progress';
import type { RolloutSpec } from '../../../domain/spec';
import { rolloutState, STEER } from '../../../workflows/messages';
import { eventually } from '../../support/eventually';
import {
  order,
  planRollout,
  resultOf,
  type RolloutHandle,
  type RunShare,
  specOf,
  statusIs,
  withRollout,
} from '../../support/rollouts';
import { gateOf } from '../../support/specs';
import { startTemporal } from '../../support/temporal';

let env: TestWorkflowEnvironment;
beforeAll(async () => {
  env = await startTemporal();
});
afterAll(() => env.teardown());

const west = hubNameOf('west');
const HOUR_MS = 3_600_000;
const BERLIN = 'Europe/Berlin';
const TOKYO = 'Asia/Tokyo';
const inMs = (ms: number): string => new Date(Date.now() + ms).toISOString();

const byZone = (quorum: number): RolloutSpec['window'] => ({
  opens: '0 2 * * *',
  forMs: HOUR_MS,
  zone: { kind: 'tag', tag: 'tags.zone', otherwise: BERLIN },
  freeze: [],
  quorum,
});

/** Two waves of ten devices: of each, eight in Berlin and two in Tokyo. */
const zonedWave = (index: number): PlannedWave => ({
  index,
  asked: '10',
  members: '',
  deviceCount: 10,
  estimateMs: 0,
  shares: [
    { part: 1, hub: west, zone: BERLIN, deviceCount: 8, batchCount: 1 },
    { part: 2, hub: west, zone: TOKYO, deviceCount: 2, batchCount: 1 },
  ],
});
const planZones: Activities['planRollout'] = async (input) => ({
  ...(await planRollout(input)),
  waves: [zonedWave(1), zonedWave(2)],
});

/** Berlin's window is open; Tokyo's are short, and open again soon. */
const nextOpening: Activities['nextOpening'] = ({ zone, after }) => {
  const opens = Date.parse(after) + 200;
  return Promise.resolve(
    zone === TOKYO
      ? { opensAt: new Date(opens).toISOString(), shutsAt: new Date(opens + 1).toISOString() }
      : { opensAt: after, shutsAt: inMs(HOUR_MS) },
  );
};

/** Each window of Tokyo is over before a share begins anything, as long as it may not. */
const tokyoWaits =
  (may: (wave: number) => boolean, runShare: RunShare): RunShare =>
  (input) =>
    input.part === 2 && !may(input.wave) ? Promise.resolve(resultOf({ pending: 2 }, 'until')) : runShare(input);

const sizeOfPart = ({ part }: { part: number }): number => (part === 1 ? 8 : 2);
/** Every share succeeds, and says that it ran. */
const noting =
  (ran: string[]): RunShare =>
  (input) => {
    ran.push(`w${input.wave}-p${input.part}`);
    return Promise.resolve(resultOf({ succeeded: sizeOfPart(input) }));
  };

const stateOf = (handle: RolloutHandle): Promise<RolloutState> => handle.query(rolloutState);

it('asks the gate of a wave that spans zones once its quorum has ended, and goes on beside the zone that waits', async () => {
  const ran: string[] = [];
  const runShare = tokyoWaits(() => ran.includes('w2-p1'), noting(ran));
  const activities = { planRollout: planZones, nextOpening };

  const state = await withRollout(env, { spec: specOf({ window: byZone(0.8) }), runShare, activities }, (handle) =>
    handle.result(),
  );

  expect(ran.slice(0, 2)).toEqual(['w1-p1', 'w2-p1']);
  expect([...ran].sort()).toEqual(['w1-p1', 'w1-p2', 'w2-p1', 'w2-p2']);
  expect(state).toMatchObject({
    status: 'completed',
    waves: [1, 2].map(() => ({ status: 'passed', tally: { succeeded: 10, pending: 0 } })),
  });
  expect(state.decisions.slice(0, 2)).toMatchObject(
    [1, 2].map((wave) => ({ kind: 'gate', wave, verdict: { kind: 'proceed', tally: { succeeded: 8 } } })),
  );
});

it('waits for every zone below the quorum', async () => {
  const ran: string[] = [];
  let asked = 0;
  const runShare = tokyoWaits((wave) => ran.includes(`w${wave}-p1`) && (asked += 1) > 2, noting(ran));
  const activities = { planRollout: planZones, nextOpening };

  await withRollout(env, { spec: specOf({ window: byZone(1) }), runShare, activities }, (handle) => handle.result());

  expect(ran).toEqual(['w1-p1', 'w1-p2', 'w2-p1', 'w2-p2']);
});

it('stops for the breach of a zone that comes late, and begins nothing more', async () => {
  let opens = false;
  const soaking = { ...specOf().gate, soakMs: HOUR_MS };
  const runShare = tokyoWaits(
    () => opens,
    (input) =>
      Promise.resolve(
        input.part === 2 ? resultOf({ failed: 2 }, 'failureLimit') : resultOf({ succeeded: sizeOfPart(input) }),
      ),
  );
  const activities = { planRollout: planZones, nextOpening };

  const state = await withRollout(
    env,
    { spec: specOf({ window: byZone(0.8), gate: soaking, onBreach: 'abort' }), runShare, activities },
    async (handle) => {
      await statusIs(handle, 'soaking');
      opens = true;
      return handle.result();
    },
  );

  expect(state).toMatchObject({ status: 'aborted', waves: [{ tally: { failed: 2 } }, { status: 'pending' }] });
});

it('waits for a shut window, says until when, and opens it for whoever lets it proceed', async () => {
  const opensAt = inMs(HOUR_MS);
  const untils: (string | undefined)[] = [];
  const runShare: RunShare = (input) => {
    untils.push(input.until);
    return Promise.resolve(resultOf({ succeeded: 100 }));
  };
  const activities: Partial<Activities> = {
    nextOpening: () => Promise.resolve({ opensAt, shutsAt: inMs(2 * HOUR_MS) }),
  };
  const window = { ...byZone(1), zone: { kind: 'fixed', timeZone: BERLIN } } as RolloutSpec['window'];
  const waves = { kind: 'sizes', sizes: [{ kind: 'rest' }] } as const;

  await withRollout(env, { spec: specOf({ window, waves }), runShare, activities }, async (handle) => {
    await statusIs(handle, 'waiting');
    expect((await stateOf(handle)).waitsFor).toMatchObject({ for: 'window', until: opensAt });
    await handle.executeUpdate(STEER.proceed, { args: [order] });

    await expect(handle.result()).resolves.toMatchObject({ status: 'completed' });
  });

  expect(untils).toEqual([undefined]);
});

it('begins a share again in the next window from its cursor, when one has shut on it', async () => {
  const cursors: (number | undefined)[] = [];
  const runShare: RunShare = ({ cursor }) => {
    cursors.push(cursor?.batches);
    return Promise.resolve(
      cursor === undefined ? resultOf({ succeeded: 40, pending: 60 }, 'until') : resultOf({ succeeded: 100 }),
    );
  };
  const window = { ...byZone(1), zone: { kind: 'fixed', timeZone: BERLIN } } as RolloutSpec['window'];
  const waves = { kind: 'sizes', sizes: [{ kind: 'rest' }] } as const;

  const activities: Partial<Activities> = {
    nextOpening: ({ after }) =>
      Promise.resolve({ opensAt: after, shutsAt: new Date(Date.parse(after) + 1_000).toISOString() }),
  };

  const state = await withRollout(env, { spec: specOf({ window, waves }), runShare, activities }, (handle) =>
    handle.result(),
  );

  expect(cursors).toEqual([undefined, 40]);
  expect(state).toMatchObject({ status: 'completed', waves: [{ tally: { succeeded: 100 } }] });
});

describe('late joiners', () => {
  const joining = (forMs: number): RolloutSpec =>
    specOf({ target: { kind: 'query', hubs: [west], where: '*', joining: { forMs, everyMs: 200 } } });
  const joined = (index: number): PlannedWave => ({
    index,
    asked: 'late joiners',
    members: '',
    deviceCount: 3,
    estimateMs: 0,
    shares: [{ part: 1, hub: west, deviceCount: 3, batchCount: 1 }],
  });
  const sizes = [5, 20, 75, 3];
  const succeed: RunShare = ({ wave }) => Promise.resolve(resultOf({ succeeded: sizes[wave - 1] ?? 0 }));

  it('get a wave of their own, with its gate, and are looked for on', async () => {
    const asked: number[] = [];
    const planJoiners: Activities['planJoiners'] = ({ wave }) => {
      asked.push(wave);
      return Promise.resolve(asked.length === 2 ? { wave: joined(wave) } : {});
    };

    const state = await withRollout(
      env,
      { spec: joining(HOUR_MS), runShare: succeed, activities: { planJoiners } },
      async (handle) => {
        await eventually(() => expect(asked.slice(0, 3)).toEqual([4, 4, 5]));
        await statusIs(handle, 'waiting');
        await handle.executeUpdate(STEER.proceed, { args: [order] });
        return handle.result();
      },
    );

    expect(state).toMatchObject({ status: 'completed' });
    expect(state.waves.at(-1)).toMatchObject({ index: 4, status: 'passed', tally: { succeeded: 3 } });
    expect(state.decisions.slice(-2)).toMatchObject([
      { kind: 'gate', wave: 4, verdict: { kind: 'proceed' } },
      { kind: 'proceed', order },
    ]);
  });

  it('are waited for until their time is up', async () => {
    await withRollout(env, { spec: joining(1), runShare: succeed }, async (handle) => {
      await expect(handle.result()).resolves.toMatchObject({ status: 'completed' });
    });
  });

  it('skip no gate: a wave of theirs that fails holds', async () => {
    const planJoiners: Activities['planJoiners'] = ({ wave }) =>
      Promise.resolve(wave === 4 ? { wave: joined(wave) } : {});
    const runShare: RunShare = (input) =>
      input.wave === 4 ? Promise.resolve(resultOf({ succeeded: 1, offline: 2 })) : succeed(input);

    await withRollout(env, { spec: joining(HOUR_MS), runShare, activities: { planJoiners } }, async (handle) => {
      await statusIs(handle, 'held');
      await eventually(async () =>
        expect((await stateOf(handle)).waves.at(-1)).toMatchObject({ index: 4, status: 'held' }),
      );
      await handle.executeUpdate(STEER.abort, { args: [order] });
      await handle.result();
    });
  });

  it('skip no gate, whatever their number and whenever they come', async () => {
    const check = { kind: 'webhook', name: 'ask', url: 'https://ops.test', timeoutMs: 1_000 } as const;
    const looks = fc.array(fc.nat({ max: 9 }), { minLength: 1, maxLength: 6 });

    await fc.assert(
      fc.asyncProperty(looks, async (counts) => {
        const done: string[] = [];
        const joiners = new Map<number, number>();
        let looked = 0;
        const planJoiners: Activities['planJoiners'] = ({ wave }) => {
          const deviceCount = counts[looked] ?? 0;
          looked += 1;
          if (deviceCount === 0) return Promise.resolve({});
          joiners.set(wave, deviceCount);
          const shares = [{ part: 1, hub: west, deviceCount, batchCount: 1 }];
          return Promise.resolve({ wave: { ...joined(wave), deviceCount, shares } });
        };
        const runShare: RunShare = ({ wave }) => {
          done.push(`run ${wave}`);
          return Promise.resolve(resultOf({ succeeded: joiners.get(wave) ?? sizes[wave - 1] ?? 0 }));
        };
        const askCheck: Activities['askCheck'] = ({ wave }) => {
          done.push(`gate ${wave}`);
          return Promise.resolve({ kind: 'passed', reason: 'fine', inputs: {} });
        };
        const spec = { ...joining(HOUR_MS), gate: gateOf({ checks: [check] }) };

        const state = await withRollout(
          env,
          { spec, runShare, activities: { planJoiners, askCheck } },
          async (handle) => {
            await eventually(() => expect(looked).toBeGreaterThan(counts.length));
            await statusIs(handle, 'waiting');
            await handle.executeUpdate(STEER.proceed, { args: [order] });
            return handle.result();
          },
        );

        const waves = [1, 2, 3, ...joiners.keys()];
        expect(done).toEqual(waves.flatMap((wave) => [`run ${wave}`, `gate ${wave}`]));
        expect(state.waves.map(({ index, status }) => [index, status])).toEqual(waves.map((wave) => [wave, 'passed']));
        expect([...joiners.values()]).toEqual(counts.filter((deviceCount) => deviceCount > 0));
      }),
      { numRuns: 2 },
    );
  });

  it('are waited for until a person says that it is enough', async () => {
    await withRollout(env, { spec: joining(HOUR_MS), runShare: succeed }, async (handle) => {
      await statusIs(handle, 'waiting');
      await handle.executeUpdate(STEER.proceed, { args: [order] });

      await expect(handle.result()).resolves.toMatchObject({ status: 'completed' });
    });
  });
});
