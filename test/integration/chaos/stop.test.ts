import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { temporal as temporalApi } from '@temporalio/proto';
import { AdminClient } from '../../../emulator/admin/client';
import { eventually } from '../../support/eventually';
import { KillableStack } from '../../support/killable-stack';
import type { Programs } from '../../support/program';
import {
  callsOfDevices,
  connectDevices,
  holdDevices,
  inspectHub,
  makeDevices,
  releaseDevices,
} from '../../support/stack-programs';

jest.setTimeout(300_000);

const HUB = 'west';
const FLEET = 1_000;
const BATCH = 50;
/** Calls that `direct` has out at once on an S1 unit: two seconds' worth of twin updates. */
const IN_FLIGHT = 100;
const DOORS = 12;

let folder: string;
let stack: KillableStack;
let programs: Programs;
let temporal: Connection;
const connectionString = (): string => stack.connectionStrings.get(HUB) ?? '';
const pump = (index: number): string => `pump-${String(index).padStart(4, '0')}`;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'groundswell-stop-'));
  stack = await KillableStack.start({ folder, hubs: [HUB] });
  programs = stack.programs();
  const pumps = Array.from({ length: FLEET }, (_, index) => ({ deviceId: pump(index) }));
  await programs.run(makeDevices, { connectionString: connectionString(), devices: pumps });
  temporal = await Connection.connect({ address: stack.temporalAddress });
});
afterAll(async () => {
  await temporal.close();
  programs.close();
  await stack.stop();
  rmSync(folder, { recursive: true, force: true });
});

afterEach(async () => {
  const admin = new AdminClient(stack.admin);
  await admin.removeFaults();
  await admin.setClock({ isFrozen: false });
});

/** @param where without it all that there are: the pumps, until the last test adds doors */
const specOf = (executor: string, action: string, where = '*'): string => `
apiVersion: groundswell/v1
name: stopped
target: { hubs: [${HUB}], where: "${where}" }
action: ${action}
executor: ${executor}
waves: [rest]
gate: { failureLimit: 100%, successTarget: 0% }
batch: { size: ${BATCH}, timeout: 60s }
`;

async function start(rolloutId: string, spec: string): Promise<void> {
  const file = join(folder, `${rolloutId}.yaml`);
  await writeFile(file, spec);
  expect(await stack.groundswell('rollout', 'start', file, '--id', rolloutId)).toExitWith(0);
}
const abort = (rolloutId: string) => stack.groundswell('rollout', 'abort', rolloutId, '--reason', 'of this test');

/** Devices that have the rollout's tag. */
async function touched(rolloutId: string): Promise<number> {
  const { twins } = await programs.run(inspectHub, { connectionString: connectionString() });
  return twins.filter(({ tags }) => tags?.['rollout'] === rolloutId).length;
}

it('touches no device of a further batch once an abort of a job rollout over a thousand is accepted', async () => {
  // One row waits until its batch's time is up, so the batch that it is in runs while the abort comes.
  const admin = new AdminClient(stack.admin);
  await admin.addFault({ operation: 'jobs.row', deviceId: pump(500), fault: { kind: 'stall' } });
  const id = 'abort-job';
  await start(id, specOf('job', `{ twin: { tags: { rollout: ${id} } } }`));
  await eventually(async () => {
    const [fault] = await admin.faults();
    expect(fault?.struck).toBe(1);
  });
  await admin.setClock({ isFrozen: true }); // its time is not up before the test says so
  const { jobs: begun } = await programs.run(inspectHub, { connectionString: connectionString() });

  expect(await abort(id)).toExitWith(0);
  await admin.advanceClock(60_000);
  await admin.setClock({ isFrozen: false });
  const watched = await stack.groundswell('rollout', 'watch', id);

  expect(watched).toExitWith(3);
  const { jobs } = await programs.run(inspectHub, { connectionString: connectionString() });
  expect(jobs.map(({ jobId }) => jobId).sort()).toEqual(begun.map(({ jobId }) => jobId).sort());
  const count = await touched(id);
  expect(count).toBeGreaterThan(0);
  expect(count).toBeLessThanOrEqual(begun.length * BATCH);
  expect(count).toBeGreaterThanOrEqual((begun.length - 1) * BATCH);
});

const CANCEL_REQUESTED = temporalApi.api.enums.v1.PendingActivityState.PENDING_ACTIVITY_STATE_CANCEL_REQUESTED;

/**
 * Waits until the worker has heard, in the answer to a heartbeat, that its activity is to stop. The activity asks anew only
 * once it has been answered, and the SDK's own heartbeats are never two in a row: of three the worker has read one.
 */
async function stopHeard(rolloutId: string): Promise<void> {
  const handle = new Client({ connection: temporal }).workflow.getHandle(rolloutId);
  const beatAt = async (): Promise<number | undefined> => {
    const { raw } = await handle.describe();
    const asked = raw.pendingActivities?.find(({ state }) => state === CANCEL_REQUESTED);
    return asked === undefined
      ? undefined
      : Number(asked.lastHeartbeatTime?.seconds) * 1e9 + Number(asked.lastHeartbeatTime?.nanos);
  };
  const beats = new Set<number>();
  await eventually(async () => {
    const beat = await beatAt();
    if (beat !== undefined) beats.add(beat);
    expect(beats.size).toBeGreaterThan(3);
  });
}

it('begins no direct call once it has heard of an abort, and ends with what was in flight', async () => {
  const admin = new AdminClient(stack.admin);
  await admin.setClock({ isFrozen: true }); // the hub's answers wait for it
  await admin.addFault({ operation: 'twins.patch', fault: { kind: 'delay', ms: 1_000 } });
  const id = 'abort-direct';
  await start(id, specOf('direct', `{ twin: { tags: { rollout: ${id} } } }`));
  const begun = async (): Promise<number> => (await admin.faults())[0]?.struck ?? 0;
  await eventually(async () => expect(await begun()).toBeGreaterThan(0));

  expect(await abort(id)).toExitWith(0);
  await stopHeard(id);
  const before = await begun();
  await admin.advanceClock(1_000);
  await admin.setClock({ isFrozen: false });
  const watched = await stack.groundswell('rollout', 'watch', id);

  expect(watched).toExitWith(3);
  expect(await begun()).toBe(before);
  expect(await touched(id)).toBe(before);
  expect(before).toBeLessThanOrEqual(IN_FLIGHT);
});

it('has the effect of direct calls once, though the worker was killed while all of them were out', async () => {
  const doors = Array.from({ length: DOORS }, (_, index) => `door-${index}`);
  const tags = { kind: 'door' };
  const made = await programs.run(makeDevices, {
    connectionString: connectionString(),
    devices: doors.map((deviceId) => ({ deviceId, tags })),
  });
  const devices = doors.map((deviceId, index) => ({
    ...({ deviceId, kind: 'good', delayMs: 0 } as const),
    connectionString: made[index] ?? '',
  }));
  await programs.run(connectDevices, { devices });
  await programs.run(holdDevices, null);
  const id = 'killed';
  await start(
    id,
    specOf(
      'direct',
      '{ method: { name: apply, payload: {}, responseTimeout: 300s, operationIdField: operationId } }',
      "tags.kind = 'door'",
    ),
  );
  const calls = () => programs.run(callsOfDevices, null);
  await eventually(async () => expect(await calls()).toHaveLength(DOORS));

  await stack.kill('worker');
  await stack.restart('worker');
  await eventually(async () => expect(await calls()).toHaveLength(2 * DOORS));
  await programs.run(releaseDevices, null);
  const watched = await stack.groundswell('rollout', 'watch', id);

  expect(watched).toExitWith(0);
  const effects = (await calls()).filter(({ isFirst }) => isFirst);
  expect(effects.map(({ deviceId }) => deviceId).sort()).toEqual([...doors].sort());
});
