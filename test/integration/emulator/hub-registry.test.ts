import { ConnectionString, Registry, SharedAccessSignature, Twin } from 'azure-iothub';
import { createHub, type TestHub } from '../../support/hub';

let hub: TestHub;
let registry: Registry;
beforeAll(async () => {
  hub = await createHub();
  registry = Registry.fromConnectionString(hub.connectionString);
});

it('creates a device with generated keys, reads, updates, lists, disables and removes it', async () => {
  const { responseBody: created } = await registry.create({ deviceId: 'a:b#1' });
  const keys = created.authentication?.symmetricKey;
  expect(Buffer.from(keys?.primaryKey ?? '', 'base64')).toHaveLength(32);
  expect(keys?.secondaryKey).not.toBe(keys?.primaryKey);

  const { responseBody: disabled } = await registry.update({
    deviceId: created.deviceId,
    authentication: created.authentication,
    status: 'disabled',
    statusReason: 'test',
  });
  expect(disabled).toMatchObject({ status: 'disabled', statusReason: 'test', authentication: { symmetricKey: keys } });
  expect(disabled.etag).not.toBe(created.etag);
  expect((await registry.get('a:b#1')).responseBody).toEqual(disabled);
  expect((await registry.list()).responseBody.map(({ deviceId }) => deviceId)).toContain('a:b#1');
  expect((await registry.getRegistryStatistics()).responseBody).toMatchObject({ disabledDeviceCount: 1 });

  await registry.delete('a:b#1');
  await expect(registry.get('a:b#1')).rejects.toMatchObject({ name: 'DeviceNotFoundError' });
});

it('keeps the keys that a caller gives', async () => {
  const primaryKey = Buffer.alloc(32, 1).toString('base64');
  const secondaryKey = Buffer.alloc(32, 2).toString('base64');

  const { responseBody } = await registry.create({
    deviceId: 'own-keys',
    authentication: { symmetricKey: { primaryKey, secondaryKey } },
  });

  expect(responseBody.authentication?.symmetricKey).toEqual({ primaryKey, secondaryKey });
});

it('refuses what Azure refuses, with the errors that the client knows', async () => {
  await registry.create({ deviceId: 'twice' });

  await expect(registry.create({ deviceId: 'twice' })).rejects.toMatchObject({ name: 'DeviceAlreadyExistsError' });
  await expect(registry.update({ deviceId: 'nobody' })).rejects.toMatchObject({ name: 'DeviceNotFoundError' });
  await expect(registry.delete('nobody')).rejects.toMatchObject({ name: 'DeviceNotFoundError' });
  await expect(registry.create({ deviceId: 'no spaces' })).rejects.toMatchObject({ name: 'ArgumentError' });
  await expect(registry.updateTwin('twice', { tags: { a: 1 } }, 'AAAAAAAAAAk=')).rejects.toMatchObject({
    name: 'InvalidEtagError',
  });
});

it('adds and removes in bulk, telling which of them failed', async () => {
  const names = Array.from({ length: 100 }, (_, i) => ({ deviceId: `bulk-${i}` }));
  expect((await registry.addDevices(names)).responseBody).toMatchObject({ isSuccessful: true, errors: [] });

  const again = registry.addDevices([{ deviceId: 'bulk-0' }, { deviceId: 'bulk-new' }]);
  const refused = (await again.catch((error: unknown) => error)) as { responseBody: string };
  expect(JSON.parse(refused.responseBody)).toMatchObject({
    isSuccessful: false,
    errors: [{ deviceId: 'bulk-0', errorCode: 'DeviceAlreadyExists' }],
  });
  expect((await registry.get('bulk-new')).responseBody.deviceId).toBe('bulk-new');

  expect(
    (await registry.removeDevices([...names, { deviceId: 'bulk-new' }].slice(0, 100), true)).responseBody.isSuccessful,
  ).toBe(true);
  await expect(registry.get('bulk-0')).rejects.toMatchObject({ name: 'DeviceNotFoundError' });
});

it('writes tags and desired properties through the twin, and finds them by query', async () => {
  await registry.create({ deviceId: 'twin-1' });
  const { responseBody: twin } = await registry.getTwin('twin-1');

  await twin.update({ tags: { building: 43 }, properties: { desired: { floor: 3 } } });

  const query = registry.createQuery(
    'SELECT * FROM devices WHERE tags.building = 43 AND properties.desired.floor >= 3',
    10,
  );
  const { result } = await query.nextAsTwin();
  expect(result).toEqual([expect.objectContaining({ deviceId: 'twin-1', tags: { building: 43 } })]);
  expect(result[0]).toBeInstanceOf(Twin);
  expect(result[0]?.properties.desired).toMatchObject({
    floor: 3,
    $version: 2,
    $metadata: { floor: { $lastUpdatedVersion: 2 } },
  });
});

it('pages a query with the continuation that the client keeps', async () => {
  await registry.addDevices(Array.from({ length: 25 }, (_, i) => ({ deviceId: `page-${i}` })));
  const query = registry.createQuery("SELECT deviceId FROM devices WHERE STARTSWITH(deviceId, 'page-')", 10);

  const sizes: number[] = [];
  const seen = new Set<string>();
  while (query.hasMoreResults) {
    // The client sends no token of its own accord: without it every page would be the first.
    const { result } = (await query.next(query.continuationToken)) as { result: { deviceId: string }[] };
    sizes.push(result.length);
    for (const { deviceId } of result) seen.add(deviceId);
  }

  expect(sizes).toEqual([10, 10, 5]);
  expect(seen.size).toBe(25);
});

it('answers a query that it cannot read with the place of the mistake', async () => {
  await expect(registry.createQuery('SELECT * FROM devices WHERE tags.x ==').next()).rejects.toMatchObject({
    name: 'ArgumentError',
    message: expect.stringContaining('1:37') as string,
  });
});

it('lets each policy do what its rights say, and no more', async () => {
  const [reader, writer, service, device] = await Promise.all(
    ['registryRead', 'registryReadWrite', 'service', 'device'].map(async (name) =>
      Registry.fromConnectionString(await hub.policy(name)),
    ),
  );
  const unauthorized = { name: 'UnauthorizedError' };
  await registry.create({ deviceId: 'guarded' });

  await expect(reader?.get('guarded')).resolves.toBeDefined();
  await expect(reader?.create({ deviceId: 'x' })).rejects.toMatchObject(unauthorized);
  await expect(reader?.getTwin('guarded')).rejects.toMatchObject(unauthorized);
  await expect(writer?.get('guarded')).resolves.toBeDefined();
  await expect(writer?.create({ deviceId: 'by-writer' })).resolves.toBeDefined();
  await expect(writer?.createQuery('SELECT * FROM devices').next()).rejects.toMatchObject(unauthorized);
  await expect(service?.getTwin('guarded')).resolves.toBeDefined();
  await expect(service?.get('guarded')).rejects.toMatchObject(unauthorized);
  await expect(device?.get('guarded')).rejects.toMatchObject(unauthorized);
});

it('takes no key of another hub, and no expired or tampered token', async () => {
  const other = await createHub();
  const key = /SharedAccessKey=(.*)$/.exec(other.connectionString)?.[1] ?? '';
  const wrongKey = hub.connectionString.replace(/SharedAccessKey=.*$/, `SharedAccessKey=${key}`);
  await expect(Registry.fromConnectionString(wrongKey).list()).rejects.toMatchObject({ name: 'UnauthorizedError' });

  const call = (authorization?: string): Promise<Response> =>
    fetch(`https://${hub.hostName}/devices?api-version=2021-04-12`, {
      headers: authorization ? { authorization } : {},
    });
  for (const header of [
    undefined,
    'Bearer abc',
    'SharedAccessSignature sr=x&sig=y&se=1',
    'SharedAccessSignature nonsense',
  ]) {
    const response = await call(header);
    expect(response.status).toBe(401);
    expect(response.headers.get('iothub-errorcode')).toBe('IotHubUnauthorizedAccess');
    expect(await response.json()).toMatchObject({ Message: 'ErrorCode:IotHubUnauthorizedAccess;Unauthorized' });
  }
});

it('has no twins, methods or jobs on a Basic hub', async () => {
  const basic = await createHub('B1');
  await basic.device('d1');

  await expect(Registry.fromConnectionString(basic.connectionString).getTwin('d1')).rejects.toMatchObject({
    response: { statusCode: 403 },
  });
});

it('names the operations that it does not have, and only to those who might call them', async () => {
  const call = async (policy: string): Promise<Response> => {
    const { SharedAccessKey = '' } = ConnectionString.parse(await hub.policy(policy));
    const expiry = Math.floor(Date.now() / 1000) + 60;
    const authorization = SharedAccessSignature.create(hub.hostName, policy, SharedAccessKey, expiry).toString();
    const url = `https://${hub.hostName}/digitaltwins/guarded?api-version=2021-04-12`;
    return fetch(url, { headers: { authorization } });
  };

  const refused = await call('service');
  expect(refused.status).toBe(501);
  expect(await refused.json()).toMatchObject({ Message: expect.stringContaining('not implemented') as string });
  expect((await call('registryRead')).status).toBe(401);
});
