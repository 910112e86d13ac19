import { setTimeout as sleep } from 'node:timers/promises';
import { DefaultAzureCredential } from '@azure/identity';
import { ProvisioningServiceClient } from 'azure-iot-provisioning-service';
import { Registry } from 'azure-iothub';
import { createBlobAssignments } from '../../../activities/azure/blob-assignments';
import { createIdentities } from '../../../activities/azure/identities';
import { createIotHub } from '../../../activities/azure/iot-hub';
import { createProvisioning } from '../../../activities/azure/provisioning';
import type { Hub } from '../../../activities/ports';
import type { Identities } from '../../../activities/provisioning-ports';
import { Agent } from '../../../device/agent';
import { mapBounded } from '../../../domain/pool';
import { type HubName, hubNameOf } from '../../../domain/ids';
import type { MigrateAction } from '../../../domain/spec';
import { createBlobStore } from '../../../functions/allocation/blob-store';
import { adminOfAll } from '../../support/faults';
import { createContainer } from '../../support/container';
import { createDps, randomKey, type TestDps } from '../../support/dps';
import { eventually } from '../../support/eventually';
import { createHub, type TestHub } from '../../support/hub';
import { EAST, migrateTo, moveOf, moveSpec, type MoveWorld, TELL, WEST } from '../../support/moves';
import { startWebhook, type TestWebhook } from '../../support/webhook';

const SKU = { name: 'S1', units: 1 } as const;
const SOUTH = hubNameOf('south');
const ENDPOINT = 'global.azure-devices-provisioning.test';
const ALONG = { updateHubAssignment: true, migrateDeviceData: true };
const RESET = { updateHubAssignment: true, migrateDeviceData: false };
const initialTwin = { tags: { fresh: true }, properties: { desired: { fps: 10 } } };
/** Of the groups, by how a device is to be taken along. */
const groupKeys = { along: randomKey(), reset: randomKey() };

let west: TestHub;
let east: TestHub;
let south: TestHub;
let dps: TestDps;
/** Of another tenant. */
let other: TestDps;
let service: ProvisioningServiceClient;
let webhook: TestWebhook;
let world: MoveWorld;
const agents = new Map<string, Agent>();
/** Payload of each device's registration, as its application was told last. */
const payloads = new Map<string, unknown>();
/** What the spec of the move under the policy that resets lets assignments bring. */
const GIFTS = { payload: { welcome: 'east' }, initialTwin: { tags: { spec: true }, desired: { fps: 5 } } };

beforeAll(async () => {
  const credential = new DefaultAzureCredential();
  [west, east, south] = await Promise.all([createHub(), createHub(), createHub()]);
  [dps, other] = await Promise.all([createDps([west, east]), createDps([south])]);
  service = serviceOf(dps);
  const containerUrl = await createContainer(credential);
  const assignments = createBlobAssignments(containerUrl, credential);
  const store = createBlobStore(containerUrl, credential);
  webhook = await startWebhook({ service: dps.name, store, newDevices: { [west.hostName]: 1 } });
  const named = new Map<HubName, TestHub>([
    [WEST, west],
    [EAST, east],
    [SOUTH, south],
  ]);
  const hubs = new Map<HubName, Hub>();
  const identities = new Map<HubName, Identities>();
  await enrollGroup('along', ALONG);
  await enrollGroup('reset', RESET);
  for (const [name, { connectionString: access, hostName }] of named) {
    const hub = createIotHub(name, SKU, access);
    hubs.set(name, hub);
    identities.set(name, createIdentities({ name, hostName, hub, quarantine: false, access }));
  }
  const { name, idScope } = dps;
  const provisioning = createProvisioning({ name, idScope, endpoint: ENDPOINT }, dps.connectionString);
  const neighbour = createProvisioning(
    { name: other.name, idScope: other.idScope, endpoint: ENDPOINT },
    other.connectionString,
  );
  world = {
    hubs: { get: (hub) => present(hubs.get(hub)) },
    provisionings: { get: (wanted) => (wanted === undefined ? provisioning : neighbour) },
    assignments,
    identities: { get: (hub) => present(identities.get(hub)) },
  };
});
afterEach(async () => {
  await Promise.all([...agents.values()].map((agent) => agent.stop()));
  agents.clear();
});
afterAll(() => webhook.close());

function present<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error('there is no such hub');
  return value;
}

const serviceOf = ({ connectionString }: TestDps) => ProvisioningServiceClient.fromConnectionString(connectionString);
const registryOf = (hub: TestHub) => Registry.fromConnectionString(hub.connectionString);

async function twinOn(hub: TestHub, id: string) {
  const { tags, properties } = (await registryOf(hub).getTwin(id)).responseBody;
  const { fps } = properties.desired as Record<string, unknown>;
  return { tags, desired: { fps } };
}
const isOn = (hub: TestHub, id: string): Promise<boolean> =>
  registryOf(hub)
    .getTwin(id)
    .then(
      () => true,
      () => false,
    );

const attestation = (primaryKey: string) => ({
  type: 'symmetricKey',
  symmetricKey: { primaryKey, secondaryKey: randomKey() },
});

async function enrollGroup(name: keyof typeof groupKeys, reprovisionPolicy: object): Promise<void> {
  await service.createOrUpdateEnrollmentGroup({
    enrollmentGroupId: name,
    attestation: attestation(groupKeys[name]),
    allocationPolicy: 'custom',
    customAllocationDefinition: { webhookUrl: webhook.url, apiVersion: '2021-10-01' },
    reprovisionPolicy,
    initialTwin,
  } as never);
}

/** Starts devices on the western hub, each with a twin of its own: those with an even number enrolled one by one. */
async function start(ids: readonly string[], reprovisionPolicy: object): Promise<void> {
  const isSilent = (id: string): boolean => id.includes('silent');
  await mapBounded(ids, 8, async (id) => {
    const isSingle = Number(id.at(-1)) % 2 === 0;
    const key = randomKey();
    const enrollment = {
      registrationId: id,
      attestation: attestation(key),
      allocationPolicy: 'static',
      iotHubs: [west.hostName],
      reprovisionPolicy,
      initialTwin,
    };
    if (isSingle) await service.createOrUpdateIndividualEnrollment(enrollment as never);
    if (id.includes('tenant')) {
      const there = { ...enrollment, iotHubs: [south.hostName] };
      await serviceOf(other).createOrUpdateIndividualEnrollment(there as never);
    }
    const credentials = isSingle
      ? ({ kind: 'symmetricKey', key } as const)
      : ({ kind: 'groupKey', key: groupKeys[reprovisionPolicy === ALONG ? 'along' : 'reset'] } as const);
    const agent: Agent = new Agent(
      {
        registrationId: id,
        provisioning: { idScope: dps.idScope, endpoint: ENDPOINT },
        credentials,
        // One that acknowledges, and is never seen again.
        methods: isSilent(id) ? { reprovision: () => ({ status: 200, payload: { accepted: true } }) } : {},
        onConnected: ({ payload }) => payloads.set(id, payload),
        onProblem: () => undefined,
      },
      { rest: (millis) => sleep(Math.min(millis, 100)) },
    );
    agents.set(id, agent);
    await agent.start();
    const twin = { tags: { site: id }, properties: { desired: { fps: 30 } } };
    await registryOf(west).updateTwin(id, twin, '*');
  });
  const those = ids.map((id) => `'${id}'`).join(',');
  await eventually(async () => expect(await world.hubs.get(WEST).count(`deviceId IN [${those}]`)).toBe(ids.length));
}

const real = (ids: readonly string[], action: Partial<MigrateAction> = {}) =>
  moveOf(
    world,
    moveSpec(migrateTo({ compare: { ...migrateTo().compare, modules: false }, ...action }), {
      target: { kind: 'devices', hubs: [WEST], devices: ids as never },
    }),
    (millis) => sleep(Math.min(millis, 200)),
  );
const namesOf = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}-${index}`);

/** Takes what a test has left off the hubs: plans count devices. */
afterEach(async () => {
  for (const hub of [west, east, south]) {
    const { responseBody } = await registryOf(hub).list();
    await mapBounded(responseBody, 8, async ({ deviceId }) => {
      await registryOf(hub).delete(deviceId);
    });
  }
});

async function thereAndBack(prefix: 'along' | 'reset', policy: object): Promise<void> {
  const ids = namesOf(prefix, 4);
  await start(ids, policy);
  const isReset = prefix === 'reset';
  const { run } = await real(ids, isReset ? GIFTS : {});

  expect((await run()).tally).toMatchObject({ succeeded: 4 });
  for (const id of ids) {
    expect(await isOn(west, id)).toBe(false);
    const isSingle = Number(id.at(-1)) % 2 === 0;
    const anew = isSingle ? { tags: { fresh: true }, desired: { fps: 10 } } : GIFTS.initialTwin;
    const along = { tags: { fresh: true, site: id }, desired: { fps: 30 } };
    expect(await twinOn(east, id)).toEqual(isReset ? anew : along);
    expect(payloads.get(id)).toEqual(isReset && !isSingle ? GIFTS.payload : undefined);
  }

  expect((await run({ pass: 'rollback' })).tally).toMatchObject({ succeeded: 4 });
  for (const id of ids) {
    expect(await isOn(east, id)).toBe(false);
    expect(await twinOn(west, id)).toEqual({ tags: { fresh: true, site: id }, desired: { fps: 30 } });
    expect(payloads.get(id)).toBeUndefined();
  }
  const { responseBody } = await service.getIndividualEnrollment(`${prefix}-0`);
  expect(responseBody).toMatchObject({ allocationPolicy: 'static', iotHubs: [west.hostName] });
}

async function overToTheOther(oldIdentity: 'leave' | 'delete'): Promise<void> {
  const id = `tenant-${oldIdentity}-0`;
  await start([id], ALONG);
  const { run } = await real([id], { to: SOUTH, provisioning: 'tenant', oldIdentity });

  expect((await run()).tally).toMatchObject({ succeeded: 1 });
  expect(await isOn(west, id)).toBe(oldIdentity === 'leave');
  expect(await twinOn(south, id)).toEqual({ tags: { fresh: true }, desired: { fps: 10 } });

  expect((await run({ pass: 'rollback' })).tally).toMatchObject({ succeeded: 1 });
  expect(await twinOn(west, id)).toEqual({ tags: { fresh: true, site: id }, desired: { fps: 30 } });
  expect((await registryOf(west).get(id)).responseBody.connectionState).toBe('Connected');
}

// Each registration takes the 3 s that the service has the SDKs wait: so they wait together.
it('moves devices of both kinds of enrollment, under both policies and to another service, and brings them back as they were', () =>
  Promise.all([
    thereAndBack('along', ALONG),
    thereAndBack('reset', RESET),
    overToTheOther('leave'),
    overToTheOther('delete'),
  ]));

async function leaveBy(action: Partial<MigrateAction>, prefix: string): Promise<void> {
  const ids = namesOf(prefix, 2);
  await start(ids, ALONG);
  const { run } = await real(ids, action);

  expect((await run()).tally).toMatchObject({ succeeded: 2 });
  for (const id of ids) {
    expect(await isOn(west, id)).toBe(false);
    expect(await twinOn(east, id)).toMatchObject({ tags: { site: id } });
  }
}

it('makes devices leave by a job or by disabling the old identity, obeys a service that is asked too often, and names who never leaves', async () => {
  const fault = { kind: 'status', status: 429, retryAfterSeconds: 1 } as const;
  const admin = adminOfAll();
  await admin.addFault({ operation: 'dps.enrollments.get', deviceId: 'by-job-0', times: 2, fault });
  await admin.addFault({ operation: 'dps.registrations.get', deviceId: 'by-job-1', times: 2, fault });

  await Promise.all([
    leaveBy({ trigger: { ...TELL, by: 'job' } }, 'by-job'),
    leaveBy({ trigger: { kind: 'disable' } }, 'disabled'),
    neverLeave(),
  ]);
});

async function neverLeave(): Promise<void> {
  const ids = namesOf('silent', 2);
  await start(ids, ALONG);
  const { run, outcomes } = await real(ids, { arriveWithinMs: 1_000 });

  expect((await run()).tally).toMatchObject({ timedOut: 2 });
  for (const { detail } of await outcomes())
    expect(detail).toBe('never arrived on east within 1 s; pointed back to west; it is back at home');
  expect(await isOn(west, 'silent-0')).toBe(true);
}
