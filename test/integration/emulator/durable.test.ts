import { eventually } from '../../support/eventually';
import { OwnEmulator } from '../../support/own-emulator';
import { Programs, type Program } from '../../support/program';

/** Devices that are written at leisure, before the emulator is killed in the middle of others. */
const FIRST = 20;
/** So many of the others are seen to be written before it is killed. */
const WRITTEN = 3;

interface Access {
  readonly hub: string;
  readonly dps: string;
}
let emulator: OwnEmulator;
let programs: Programs;
afterEach(() => emulator.stop());

async function start(stateDir?: string): Promise<Access> {
  const options = ['--durable', '--admin', '--dps', 'kept'] as const;
  emulator = await (stateDir === undefined ? OwnEmulator.start(...options) : OwnEmulator.startOn(stateDir, ...options));
  const dps = await emulator.command('connection-string', '--dps', 'kept');
  return { hub: emulator.connectionString, dps: dps.trim() };
}

const setUp: Program<Access, unknown> = async ({ service, provisioning }, { hub, dps }) => {
  await provisioning.ProvisioningServiceClient.fromConnectionString(dps).createOrUpdateIndividualEnrollment({
    registrationId: 'enrolled',
    deviceId: 'enrolled',
    attestation: { type: 'symmetricKey' },
  } as never); // the type asks for what the service fills in
  const registry = service.Registry.fromConnectionString(hub);
  await registry.create({ deviceId: 'scheduled' });
  const patch = { etag: '*', tags: { moved: true }, properties: { desired: {}, reported: {} } };
  const at = new Date(Date.now() + 3_600_000);
  await service.JobClient.fromConnectionString(hub).scheduleTwinUpdate('later', '*', patch, at, 60);
};

/** Writes an identity and a twin each, until the emulator is gone. @returns those whose twin was acknowledged */
const write: Program<{ hub: string; from: number; to: number }, number[]> = async ({ service }, { hub, from, to }) => {
  const registry = service.Registry.fromConnectionString(hub);
  const acknowledged: number[] = [];
  try {
    for (let i = from; i < to; i++) {
      await registry.create({ deviceId: `device-${i}` });
      await registry.updateTwin(`device-${i}`, { tags: { written: i } }, '*');
      acknowledged.push(i);
    }
  } catch {
    // it was killed, as the test will have it
  }
  return acknowledged;
};

/** A query's pages, more exactly than azure-iothub types them. */
interface Pages {
  readonly hasMoreResults: boolean;
  readonly continuationToken?: string;
  next(token: string | undefined): Promise<{ readonly result: readonly { readonly written?: number }[] }>;
}

interface Found {
  readonly written: readonly number[];
  readonly job: unknown;
  readonly enrolled: string;
  readonly hasToken: boolean;
}

const read: Program<Access, Found> = async ({ service, provisioning, identity }, { hub, dps }) => {
  const registry = service.Registry.fromConnectionString(hub);
  const query = registry.createQuery('SELECT tags.written FROM devices', 100) as unknown as Pages;
  const written: number[] = [];
  // `next` begins anew unless it is handed the continuation token: with more than a page it would never end.
  for (let more = true, token: string | undefined; more; more = query.hasMoreResults) {
    const { result } = await query.next(token);
    written.push(...result.map((row) => row.written ?? -1));
    token = query.continuationToken;
  }
  const { jobStatus: job } = (await service.JobClient.fromConnectionString(hub).getJob('later')) as {
    jobStatus: unknown;
  };
  const client = provisioning.ProvisioningServiceClient.fromConnectionString(dps);
  const { responseBody } = await client.getIndividualEnrollment('enrolled');
  const { token } = await new identity.DefaultAzureCredential().getToken('https://iothubs.azure.net/.default');
  return { written, job, enrolled: responseBody.deviceId, hasToken: token !== '' };
};

it('loses no acknowledged write when it is killed in the middle of others', async () => {
  const given = await start();
  programs = await Programs.on(emulator);
  await programs.run(setUp, given);
  const first = await programs.run(write, { hub: given.hub, from: 0, to: FIRST });
  const writing = programs.run(write, { hub: given.hub, from: FIRST, to: 1e9 });
  await eventually(async () => {
    const entries = await emulator.admin.journal(0, 1000, 'hubs/*');
    expect(entries.map(({ key }) => key)).toContain(`device-${FIRST + WRITTEN}`);
  });
  await emulator.kill();
  const acknowledged = [...first, ...(await writing)];

  expect(await start(emulator.stateDir)).toEqual(given);

  // By the program that ran when it was killed: names, ports and the identity's secret are what they were.
  const { written, job, enrolled, hasToken } = await programs.run(read, given);
  programs.close();
  expect(acknowledged.length).toBeGreaterThan(FIRST);
  expect(written).toEqual(expect.arrayContaining(acknowledged));
  expect(job).toMatchObject({ jobId: 'later', status: 'scheduled' });
  expect(enrolled).toBe('enrolled');
  expect(hasToken).toBe(true);
});
