import { ProvisioningServiceClient } from 'azure-iot-provisioning-service';
import { Registry } from 'azure-iothub';
import { createIdentities } from '../../../activities/azure/identities';
import { createIotHub } from '../../../activities/azure/iot-hub';
import { createProvisioning } from '../../../activities/azure/provisioning';
import type { Hub } from '../../../activities/ports';
import type { Identities } from '../../../activities/provisioning-ports';
import { Agent } from '../../../device/agent';
import type { PlanSummary } from '../../../domain/plan';
import type { Target } from '../../../domain/spec';
import { createDps, randomKey, type TestDps } from '../../support/dps';
import { eventually } from '../../support/eventually';
import { createHub, type TestHub } from '../../support/hub';
import { EAST, migrateTo, moveSpec, WEST } from '../../support/moves';
import { plannerOn } from '../../support/planner';

const SKU = { name: 'S1', units: 1 } as const;
const ENDPOINT = 'global.azure-devices-provisioning.test';
const ALONG = { updateHubAssignment: true, migrateDeviceData: true };
const NEVER = { updateHubAssignment: false, migrateDeviceData: false };
const groupKey = randomKey();

let west: TestHub;
let east: TestHub;
let dps: TestDps;
let service: ProvisioningServiceClient;
let agent: Agent;

beforeAll(async () => {
  [west, east] = await Promise.all([createHub(), createHub()]);
  dps = await createDps([west, east]);
  service = ProvisioningServiceClient.fromConnectionString(dps.connectionString);
  await service.createOrUpdateEnrollmentGroup({
    enrollmentGroupId: 'doors',
    attestation: { type: 'symmetricKey', symmetricKey: { primaryKey: groupKey, secondaryKey: randomKey() } },
    allocationPolicy: 'static',
    iotHubs: [west.hostName],
    reprovisionPolicy: ALONG,
  } as never);
  agent = new Agent({
    registrationId: 'of-a-group',
    provisioning: { idScope: dps.idScope, endpoint: ENDPOINT },
    credentials: { kind: 'groupKey', key: groupKey },
    methods: {},
    onProblem: () => undefined,
  });
  await agent.start();
  const registry = Registry.fromConnectionString(west.connectionString);
  await registry.addDevices(['a', 'b', 'c', 'd'].map((deviceId) => ({ deviceId })));
});
afterAll(() => agent.stop());

const enroll = (registrationId: string, change: object = {}): Promise<unknown> =>
  service.createOrUpdateIndividualEnrollment({
    registrationId,
    attestation: { type: 'symmetricKey', symmetricKey: { primaryKey: randomKey(), secondaryKey: randomKey() } },
    allocationPolicy: 'static',
    iotHubs: [west.hostName],
    reprovisionPolicy: ALONG,
    ...change,
  } as never);

function planner() {
  const hubs: Record<string, Hub> = {};
  const identities = new Map<string, Identities>();
  for (const [name, { connectionString: access, hostName }] of [[WEST, west] as const, [EAST, east] as const]) {
    const hub = createIotHub(name, SKU, access);
    hubs[name] = hub;
    identities.set(name, createIdentities({ name, hostName, hub, quarantine: false, access }));
  }
  const { name, idScope, connectionString } = dps;
  const linkedHubs = [west.hostName, east.hostName];
  const provisioning = createProvisioning({ name, idScope, endpoint: ENDPOINT, linkedHubs }, connectionString);
  return plannerOn(hubs, {
    provisionings: { get: () => provisioning },
    identities: { get: (hub) => identities.get(hub) as Identities },
  });
}

const previewOf = (target: Target, action = migrateTo()): Promise<PlanSummary> =>
  planner().preview(moveSpec(action, { target }));

const ON_WEST: Target = { kind: 'query', hubs: [WEST], where: '*' };

it('plans a move by what hubs and provisioning service say, and refuses what could not work, all at once', async () => {
  await enroll('a');
  await enroll('b', { reprovisionPolicy: NEVER });
  await enroll('c', { provisioningStatus: 'disabled' });
  await Registry.fromConnectionString(east.connectionString).addDevices([{ deviceId: 'a' }]);

  // Queries follow the registry with a delay.
  await eventually(async () => {
    const error: unknown = await previewOf(ON_WEST).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'GS_MOVE_REFUSED' });
    expect([...(error as { details: { reasons: string[] } }).details.reasons].sort()).toEqual([
      expect.stringMatching(/^1 device of group doors, whose allocation is static and not custom.*\(of-a-group\)$/),
      '1 device whose ids hub east has already, of other devices (a)',
      '1 device with an enrollment that is disabled (c)',
      expect.stringMatching(/^1 device with an enrollment that never lets them move .*\(b\)$/),
      `1 device without enrollment at ${dps.name} (d)`,
    ]);
  });
});

it('finds devices by their registrations, without a word to the hub', async () => {
  const target: Target = { kind: 'registered', hubs: [WEST] };
  const action = migrateTo({ evacuate: true, trigger: { kind: 'wait' } });
  const group = (await service.getEnrollmentGroup('doors')).responseBody as object;
  const custom = { webhookUrl: 'https://example.com/allocate', apiVersion: '2021-10-01' };
  await service.createOrUpdateEnrollmentGroup({
    ...group,
    attestation: { type: 'symmetricKey', symmetricKey: { primaryKey: groupKey, secondaryKey: randomKey() } },
    allocationPolicy: 'custom',
    iotHubs: [],
    customAllocationDefinition: custom,
  } as never);

  const { deviceCount, move } = await previewOf(target, action);

  expect(deviceCount).toBe(1);
  expect(move).toMatchObject({ individual: 0, group: 1, to: [{ hub: EAST, arriving: 1, most: 1_000_000 }] });
});
