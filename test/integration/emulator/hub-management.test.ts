import { randomBytes } from 'node:crypto';
import { DefaultAzureCredential } from '@azure/identity';
import {
  BlobServiceClient,
  ContainerSASPermissions,
  StorageSharedKeyCredential,
  type ContainerClient,
} from '@azure/storage-blob';
import { Client, Registry } from 'azure-iothub';
import { createHub, type TestHub } from '../../support/hub';
import { eventually } from '../../support/eventually';

let hub: TestHub;
let registry: Registry;
beforeAll(async () => {
  hub = await createHub();
  registry = Registry.fromConnectionString(hub.connectionString);
});

const rows = async (query: string): Promise<unknown[]> => {
  const { result } = (await registry.createQuery(query).next()) as { result: unknown[] };
  return result;
};

describe('modules', () => {
  it('are made, read, changed and removed, with twins of their own', async () => {
    await registry.create({ deviceId: 'with-modules' });
    await registry.addModule({ deviceId: 'with-modules', moduleId: 'one', managedBy: 'me' });
    const { responseBody: module } = await registry.getModule('with-modules', 'one');
    expect(module).toMatchObject({ moduleId: 'one', deviceId: 'with-modules', connectionState: 'Disconnected' });
    await expect(registry.addModule({ deviceId: 'with-modules', moduleId: 'one' })).rejects.toMatchObject({
      responseBody: expect.stringContaining('ModuleAlreadyExistsOnDevice') as string,
    });

    await registry.updateModuleTwin('with-modules', 'one', { properties: { desired: { rate: 5 } } }, '*');
    const { responseBody: twin } = await registry.getModuleTwin('with-modules', 'one');
    expect(twin).toMatchObject({ moduleId: 'one', properties: { desired: { rate: 5, $version: 2 } } });
    expect(await rows('SELECT moduleId FROM devices.modules WHERE properties.desired.rate = 5')).toEqual([
      { moduleId: 'one' },
    ]);
    const invoked = Client.fromConnectionString(hub.connectionString).invokeDeviceMethod('with-modules', 'one', {
      methodName: 'm',
    });
    await expect(invoked).rejects.toMatchObject({ response: { statusCode: 404 } });

    expect((await registry.getModulesOnDevice('with-modules')).responseBody).toHaveLength(1);
    await registry.removeModule('with-modules', 'one');
    await expect(registry.getModule('with-modules', 'one')).rejects.toMatchObject({ response: { statusCode: 404 } });
  });

  it('come with an Edge device', async () => {
    await registry.create({ deviceId: 'edge', capabilities: { iotEdge: true } });
    const { responseBody } = await registry.getModulesOnDevice('edge');
    expect(responseBody.map(({ moduleId }) => moduleId)).toEqual(['$edgeAgent', '$edgeHub']);
  });
});

describe('configurations', () => {
  it('are applied to devices, counted, changed, and taken back', async () => {
    const id = 'fan-speed';
    await registry.create({ deviceId: 'managed' });
    await registry.updateTwin('managed', { tags: { site: 'a' } }, '*');
    await registry.addConfiguration({
      id,
      schemaVersion: '1.0',
      priority: 3,
      targetCondition: "tags.site = 'a'",
      content: { deviceContent: { 'properties.desired.fan': { speed: 7 } } },
      metrics: {
        queries: { mine: "SELECT deviceId FROM devices WHERE configurations.[[fan-speed]].status = 'Applied'" },
      },
    });

    await eventually(async () => {
      const { responseBody } = await registry.getConfiguration(id);
      expect(responseBody.systemMetrics?.results).toEqual({ targetedCount: 1, appliedCount: 1 });
    });
    const { responseBody: applied } = await registry.getConfiguration(id);
    expect(applied.metrics?.results).toEqual({ mine: 1 });
    const { responseBody: twin } = await registry.getTwin('managed');
    expect(twin).toMatchObject({
      configurations: { [id]: { status: 'Applied' } },
      properties: { desired: { fan: { speed: 7 } } },
    });

    await registry.updateConfiguration({ ...applied, labels: { of: 'test' } });
    await expect(registry.updateConfiguration(applied)).rejects.toMatchObject({ name: 'InvalidEtagError' });
    expect((await registry.getConfigurations()).responseBody).toMatchObject([{ id, labels: { of: 'test' } }]);
    await registry.removeConfiguration(id);
    await eventually(async () => {
      const { responseBody: cleared } = await registry.getTwin('managed');
      expect(cleared.properties.desired).not.toHaveProperty('fan');
    });
    await expect(registry.getConfiguration(id)).rejects.toMatchObject({ response: { statusCode: 404 } });
  });

  it('are applied to one Edge device at once', async () => {
    await registry.create({ deviceId: 'edge-2', capabilities: { iotEdge: true } });
    await registry.applyConfigurationContentOnDevice('edge-2', {
      modulesContent: { $edgeAgent: { 'properties.desired': { schemaVersion: '1.0' } } },
    });
    const { responseBody } = await registry.getModuleTwin('edge-2', '$edgeAgent');
    expect(responseBody).toMatchObject({ properties: { desired: { schemaVersion: '1.0' } } });
  });
});

describe('import and export', () => {
  const ARM = 'https://management.azure.test';
  let container: ContainerClient;
  let sasUri: string;

  beforeAll(async () => {
    const { token } = await new DefaultAzureCredential().getToken(`${ARM}/.default`);
    const arm = async (method: string, path: string, body?: object): Promise<Record<string, unknown>> => {
      const response = await fetch(`${ARM}${path}?api-version=2024-01-01`, {
        method,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        ...(body && { body: JSON.stringify(body) }),
      });
      return JSON.parse((await response.text()) || '{}') as Record<string, unknown>;
    };
    const account = `acc${randomBytes(6).toString('hex')}`;
    const group = `/subscriptions/${process.env.ARM_SUBSCRIPTION_ID ?? ''}/resourceGroups/test-hubs`;
    const path = `${group}/providers/Microsoft.Storage/storageAccounts/${account}`;
    await arm('PUT', path, { location: 'westeurope', kind: 'StorageV2', sku: { name: 'Standard_LRS' } });
    const { keys } = (await arm('POST', `${path}/listKeys`)) as { keys: { value: string }[] };
    const shared = new StorageSharedKeyCredential(account, keys[0]?.value ?? '');
    container = new BlobServiceClient(`https://${account}.blob.azure.test`, shared).getContainerClient('devices');
    await container.create();
    const expiresOn = new Date(Date.now() + 3_600_000);
    sasUri = await container.generateSasUrl({ permissions: ContainerSASPermissions.parse('racwdl'), expiresOn });
  });

  const jobOf = async (of: Registry, jobId: string): Promise<Record<string, unknown>> =>
    (await of.getJob(jobId)) as unknown as Record<string, unknown>; // typed as though it had a method only
  async function ended(jobId: string, of = registry): Promise<Record<string, unknown>> {
    await eventually(async () => {
      expect(['completed', 'failed', 'cancelled']).toContain((await jobOf(of, jobId)).status);
    });
    return jobOf(of, jobId);
  }
  const linesOf = async (blob: string): Promise<string[]> =>
    (await container.getBlobClient(blob).downloadToBuffer()).toString().split('\r\n').filter(Boolean);

  it('moves a fleet to another hub, twins, keys and modules with it', async () => {
    const { responseBody: created } = await registry.create({ deviceId: 'moves' });
    await registry.updateTwin('moves', { tags: { site: 'b' } }, '*');
    await registry.addModule({ deviceId: 'moves', moduleId: 'm' });
    const started = await registry.exportDevicesToBlob(sasUri, false);
    const { jobId } = started as unknown as { jobId: string };
    expect(started).toMatchObject({ status: 'enqueued' });
    expect(await ended(jobId)).toMatchObject({ type: 'export', status: 'completed', progress: 100 });
    const devices = (await linesOf('devices.txt')).map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(devices.filter(({ id }) => id === 'moves')).toMatchObject([
      {
        authentication: { symmetricKey: created.authentication?.symmetricKey },
        tags: { site: 'b' },
        status: 'enabled',
      },
      { moduleId: 'm' },
    ]);

    const other = await createHub();
    const target = Registry.fromConnectionString(other.connectionString);
    const job = (await target.importDevicesFromBlob(sasUri, sasUri)) as unknown as { jobId: string };
    expect(await ended(job.jobId, target)).toMatchObject({ status: 'completed' });
    const { responseBody: moved } = await target.get('moves');
    expect(moved.authentication?.symmetricKey).toEqual(created.authentication?.symmetricKey);
    expect((await target.getTwin('moves')).responseBody.tags).toEqual({ site: 'b' });
    expect((await target.getModule('moves', 'm')).responseBody.moduleId).toBe('m');
  });

  it('writes what goes wrong with a line to the error log, and does the rest', async () => {
    const lines = [
      { id: 'imported', status: 'enabled', importMode: 'create', tags: { x: 1 } },
      { id: 'imported', status: 'enabled', importMode: 'create' },
      { id: 'no-status', importMode: 'create' },
      { id: 'nobody', status: 'enabled', importMode: 'delete' },
    ].map((line) => JSON.stringify(line));
    const text = [...lines, 'no json'].join('\r\n');
    await container.getBlockBlobClient('devices.txt').upload(text, text.length);

    const job = (await registry.importDevicesFromBlob(sasUri, sasUri)) as unknown as { jobId: string };

    expect(await ended(job.jobId)).toMatchObject({ status: 'completed', failureReason: null });
    const errors = (await linesOf('importErrors.log')).map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(errors.map(({ deviceId, errorCode }) => [deviceId, errorCode])).toEqual([
      ['imported', 409001],
      [undefined, 400004],
      ['nobody', 404001],
      [undefined, 400006],
    ]);
    expect((await registry.getTwin('imported')).responseBody.tags).toEqual({ x: 1 });
  });

  it('leaves keys out when asked, and refuses what it may not write, names of elsewhere, and unknown jobs', async () => {
    const job = (await registry.exportDevicesToBlob(sasUri, true)) as unknown as { jobId: string };
    await ended(job.jobId);
    const [first, second = ''] = await linesOf('devices.txt');
    expect(() => JSON.parse(first ?? '') as unknown).toThrow();
    expect(JSON.parse(second)).toMatchObject({ authentication: { symmetricKey: { primaryKey: null } } });

    const expiresOn = new Date(Date.now() + 3_600_000);
    const readOnly = await container.generateSasUrl({ permissions: ContainerSASPermissions.parse('r'), expiresOn });
    for (const uri of [readOnly, 'https://example.com/devices?sig=x']) {
      await expect(registry.exportDevicesToBlob(uri, false)).rejects.toMatchObject({
        responseBody: expect.stringContaining('BlobContainerValidationError') as string,
      });
    }
    await expect(registry.getJob('unknown')).rejects.toMatchObject({ response: { statusCode: 404 } });
    await registry.cancelJob(job.jobId);
    const { responseBody: all } = (await registry.listJobs()) as unknown as { responseBody: unknown[] };
    expect(all).toContainEqual(expect.objectContaining({ jobId: job.jobId }));
  });
});
