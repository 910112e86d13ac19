import { ProvisioningServiceClient } from 'azure-iot-provisioning-service';
import { Client, Registry, type Twin } from 'azure-iothub';
import { Agent } from '../../../device/agent';
import { counted } from '../../../device/calls';
import { Fleet, type FleetOptions } from '../../../device/fleet';
import { lockDoor } from '../../../device/methods';
import { mirror } from '../../../device/mirror';
import type { ProvisioningOutputs } from '../../../spec/stack-outputs';
import { createDps, randomKey } from '../../support/dps';
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
  given: unknown = null,
): Promise<{ status: number; payload: unknown }> {
  const call = { methodName, payload: given, responseTimeoutInSeconds };
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

describe('a fleet behind a provisioning service', () => {
  let service: ProvisioningOutputs;
  let enrollments: ProvisioningServiceClient;
  let other: TestHub;

  beforeAll(async () => {
    other = await createHub();
    const { name, idScope, hostName, connectionString } = await createDps([hub, other]);
    const deviceHostName = 'global.azure-devices-provisioning.test';
    service = { name, idScope, serviceHostName: hostName, deviceHostName, connectionString, enrollmentGroups: [] };
    enrollments = ProvisioningServiceClient.fromConnectionString(connectionString);
  });

  /** What an operator does to move a device. */
  async function pointTo(deviceId: string, { hostName }: TestHub): Promise<void> {
    const { responseBody } = await enrollments.getIndividualEnrollment(deviceId);
    await enrollments.createOrUpdateIndividualEnrollment({ ...responseBody, iotHubs: [hostName] });
  }

  it('is enrolled on its hub device by device, the second time with the keys that are there', async () => {
    const options = {
      prefix: 'each',
      count: 12,
      admission: { kind: 'individual', service },
      offlineShare: 0.25,
    } as const;
    const first = await startFleet(options);
    await Promise.all(stops.splice(0).map((stop) => stop()));

    const second = await startFleet(options);

    expect(first).toMatchObject({ registered: 12, kept: 0, connected: 9, offline: 3 });
    expect(second).toMatchObject({ registered: 0, kept: 12, connected: 9 });
    const ids = Array.from({ length: 12 }, (_, index) => `each-00${String(index + 1).padStart(2, '0')}`);
    const twins = await Promise.all(ids.map(twinOf));
    expect(twins.map(({ tags }) => tags)).toEqual(Array(12).fill({ kind: 'door' }));
  });

  it('comes by the key of a group, with light clients that answer, report, move and tell as the others do', async () => {
    const symmetricKey = { primaryKey: randomKey(), secondaryKey: randomKey() };
    await enrollments.createOrUpdateEnrollmentGroup({
      ...{ enrollmentGroupId: 'doors', attestation: { type: 'symmetricKey', symmetricKey } },
      ...{ allocationPolicy: 'static', iotHubs: [hub.hostName] },
    } as never);
    await startFleet({ prefix: 'light', count: 3, light: true, admission: { kind: 'group', service, group: 'doors' } });

    const answer = await invoke('light-0001', 'lockDoor');
    await registry.updateTwin('light-0001', { properties: { desired: { floor: 3, wing: { name: 'ä' } } } }, '*');
    await eventually(async () =>
      expect((await twinOf('light-0001')).properties.reported).toMatchObject({
        ...{ calls: { lockDoor: 1 }, floor: 3, wing: { name: 'ä' } },
        provisioning: { assignedHub: hub.hostName, reason: 'first' },
      }),
    );
    expect(answer).toMatchObject({ status: 200 });
    await expect(invoke('light-0002', 'unlockDoor', 5)).rejects.toMatchObject({ response: { statusCode: 504 } });

    const group = await enrollments.getEnrollmentGroup('doors');
    await enrollments.createOrUpdateEnrollmentGroup({ ...group.responseBody, iotHubs: [other.hostName] });
    await invoke('light-0003', 'reprovision', 30, { operationId: 'move' });

    const there = Registry.fromConnectionString(other.connectionString);
    await eventually(async () =>
      expect((await there.getTwin('light-0003')).responseBody.properties.reported).toMatchObject({
        provisioning: { assignedHub: other.hostName, operationId: 'move' },
      }),
    );
  });

  it('has devices that say yes to a move and do not come', async () => {
    await startFleet({
      ...{ prefix: 'bad', count: 2, admission: { kind: 'individual', service } },
      profiles: { devices: { 'bad-0001': ['vanishing'], 'bad-0002': ['ackOnly'] } },
    });
    await Promise.all(['bad-0001', 'bad-0002'].map((id) => pointTo(id, other)));

    const answers = await Promise.all(['bad-0001', 'bad-0002'].map((id) => invoke(id, 'reprovision')));

    expect(answers).toEqual(Array(2).fill({ status: 200, payload: { accepted: true } }));
    await eventually(async () =>
      expect((await registry.get('bad-0001')).responseBody.connectionState).toBe('Disconnected'),
    );
    expect(await invoke('bad-0002', 'lockDoor')).toMatchObject({ status: 200 });
    for (const id of ['bad-0001', 'bad-0002']) {
      const { responseBody } = await enrollments.getDeviceRegistrationState(id);
      expect(responseBody).toMatchObject({ assignedHub: hub.hostName });
    }
  });
});
