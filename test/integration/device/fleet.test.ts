import { Client, Registry, type Twin } from 'azure-iothub';
import { Agent } from '../../../device/agent';
import { counted } from '../../../device/calls';
import { Fleet, type FleetOptions } from '../../../device/fleet';
import { lockDoor } from '../../../device/methods';
import { mirror } from '../../../device/mirror';
import { eventually } from '../../support/eventually';
import { createHub, type TestHub } from '../../support/hub';

let hub: TestHub;
let registry: Registry;
let service: Client;
const stops: (() => Promise<void>)[] = [];

beforeAll(async () => {
  hub = await createHub();
  registry = Registry.fromConnectionString(hub.connectionString);
  service = Client.fromConnectionString(hub.connectionString);
});
afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

async function startAgent(connectionString: string): Promise<Agent> {
  const agent = new Agent({
    connectionString,
    ...counted({ lockDoor }),
    desired: { '*': mirror },
    onProblem: () => undefined,
  });
  stops.push(() => agent.stop());
  await agent.start();
  return agent;
}

async function startFleet(options: Partial<FleetOptions>) {
  const fleet = new Fleet({
    hub,
    count: 10,
    prefix: 'door',
    tags: { kind: 'door' },
    delayMs: 0,
    failShare: 0,
    offlineShare: 0,
    onProgress: () => undefined,
    onProblem: () => undefined,
    ...options,
  });
  stops.push(() => fleet.stop());
  return fleet.start();
}

/** Invokes a method as the hub's callers do; the answer as they see it. */
async function invoke(
  deviceId: string,
  methodName: string,
  responseTimeoutInSeconds = 60,
): Promise<{ status: number; payload: unknown }> {
  const call = { methodName, payload: null, responseTimeoutInSeconds };
  const answer = await service.invokeDeviceMethod(deviceId, call);
  return answer.result as { status: number; payload: unknown };
}

/** Part of a row of `SELECT * FROM devices`. */
interface DeviceRow {
  readonly connectionState: string;
}

const twinOf = async (deviceId: string): Promise<Twin> => (await registry.getTwin(deviceId)).responseBody;

describe('the reference agent', () => {
  it("answers as the tutorial's device does, and has counted the call by the time it answers", async () => {
    await startAgent(await hub.device('tutorial'));

    const answer = await invoke('tutorial', 'lockDoor');

    expect(answer).toEqual({ status: 200, payload: { Response: 'lockDoor called successfully' } });
    expect((await twinOf('tutorial')).properties.reported).toMatchObject({ calls: { lockDoor: 1 } });
  });

  it('goes on counting after it was started anew', async () => {
    const connectionString = await hub.device('restarted');
    const first = await startAgent(connectionString);
    await invoke('restarted', 'lockDoor');
    await first.stop();

    await startAgent(connectionString);
    await invoke('restarted', 'lockDoor');

    expect((await twinOf('restarted')).properties.reported).toMatchObject({ calls: { lockDoor: 2 } });
  });

  it('leaves a method that it does not know unanswered, as the SDK does', async () => {
    await startAgent(await hub.device('modest'));

    await expect(invoke('modest', 'unlockDoor', 5)).rejects.toMatchObject({ response: { statusCode: 504 } });
  });

  it('reports desired properties back: those from before its start, changed ones, and removals', async () => {
    const connectionString = await hub.device('mirror');
    await registry.updateTwin('mirror', { properties: { desired: { building: 42, floor: 1 } } }, '*');

    await startAgent(connectionString);
    await eventually(async () =>
      expect((await twinOf('mirror')).properties.reported).toMatchObject({ building: 42, floor: 1 }),
    );
    await registry.updateTwin('mirror', { properties: { desired: { building: 43, floor: null } } }, '*');

    await eventually(async () => {
      const { building, floor } = (await twinOf('mirror')).properties.reported as Record<string, unknown>;
      expect({ building, floor }).toEqual({ building: 43, floor: undefined });
    });
  });

  it('comes back by itself when the hub has thrown it out, with what it has missed', async () => {
    await startAgent(await hub.device('exile'));
    const { responseBody: exile } = await registry.get('exile');
    await registry.update(Object.assign(exile, { status: 'disabled' }));
    await eventually(async () =>
      expect((await registry.get('exile')).responseBody.connectionState).toBe('Disconnected'),
    );
    await registry.updateTwin('exile', { properties: { desired: { floor: 3 } } }, '*');

    await registry.update(Object.assign(exile, { status: 'enabled' }));

    await eventually(async () => expect((await twinOf('exile')).properties.reported).toMatchObject({ floor: 3 }));
    await eventually(async () => expect(await invoke('exile', 'lockDoor')).toMatchObject({ status: 200 }));
  });
});

describe('a fleet', () => {
  it('registers more devices than fit in one call, with their tags, and connects all', async () => {
    const summary = await startFleet({ prefix: 'many', count: 120, tags: { kind: 'many', building: 42 } });

    expect(summary).toMatchObject({ devices: 120, registered: 120, kept: 0, connected: 120 });
    const query = registry.createQuery("SELECT * FROM devices WHERE tags.kind = 'many' AND tags.building = 42", 100);
    const first = await query.next();
    const second = await query.next(query.continuationToken);
    const found = [...(first.result as DeviceRow[]), ...(second.result as DeviceRow[])];
    expect(found.map(({ connectionState }) => connectionState)).toEqual(Array<string>(120).fill('Connected'));
  });

  it('keeps devices that exist, with their keys and tags', async () => {
    await hub.device('mixed-0002');
    await registry.updateTwin('mixed-0002', { tags: { kind: 'old' } }, '*');

    const summary = await startFleet({ prefix: 'mixed', count: 3 });

    expect(summary).toMatchObject({ registered: 2, kept: 1, connected: 3 });
    expect((await twinOf('mixed-0002')).tags).toEqual({ kind: 'old' });
  });

  it('jams the asked share of its doors and leaves the asked share offline', async () => {
    const summary = await startFleet({ prefix: 'sick', count: 10, failShare: 0.2, offlineShare: 0.3 });

    expect(summary).toMatchObject({ connected: 7, offline: 3 });
    const ids = Array.from({ length: 10 }, (_, index) => `sick-00${String(index + 1).padStart(2, '0')}`);
    const answers = await Promise.all(
      ids.map((id) =>
        invoke(id, 'lockDoor').then(
          ({ status }) => status,
          (error: unknown) => (error as { response: { statusCode: number } }).response.statusCode,
        ),
      ),
    );
    expect(answers.filter((status) => status === 404)).toHaveLength(3);
    expect(answers.filter((status) => status === 500)).toHaveLength(summary.failing);
    expect(answers.filter((status) => status === 200)).toHaveLength(7 - summary.failing);
    expect(summary.failing).toBeGreaterThan(0);
  });

  it('says which device the hub refuses', async () => {
    await expect(startFleet({ prefix: 'x'.repeat(130), count: 1 })).rejects.toThrow('x'.repeat(130));
  });
});
