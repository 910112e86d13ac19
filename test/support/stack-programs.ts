import type { Program } from './program';

/** Programs for the process of a {@link KillableStack} that finds the emulator; each sees nothing but its arguments. */

/** Makes a storage account, and containers in it that the emulator's own identity may write. @returns its URL */
export const makeStorage: Program<
  { readonly subscription: string; readonly containers: readonly string[] },
  string
> = async ({ identity }, { subscription, containers }) => {
  const arm = 'https://management.azure.test';
  const { token } = await new identity.DefaultAzureCredential().getToken(`${arm}/.default`);
  const { oid } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { oid: string };
  const put = async (path: string, version: string, body: object): Promise<void> => {
    const response = await fetch(`${arm}${path}?api-version=${version}`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`PUT ${path}: ${response.status} ${await response.text()}`);
  };
  const group = `/subscriptions/${subscription}/resourceGroups/stack`;
  const account = `${group}/providers/Microsoft.Storage/storageAccounts/stackledger`;
  await put(group, '2024-01-01', { location: 'westeurope' });
  await put(account, '2024-01-01', { location: 'westeurope', kind: 'StorageV2', sku: { name: 'Standard_LRS' } });
  // Storage Blob Data Contributor, of Azure's built-in roles.
  const role = 'ba92f5b4-2d11-453d-a403-e96b0029c9fe';
  const roleDefinitionId = `/subscriptions/${subscription}/providers/Microsoft.Authorization/roleDefinitions/${role}`;
  const properties = { principalId: oid, principalType: 'ServicePrincipal', roleDefinitionId };
  for (const [index, name] of containers.entries()) {
    const container = `${account}/blobServices/default/containers/${name}`;
    await put(container, '2024-01-01', {});
    const assignment = `${container}/providers/Microsoft.Authorization/roleAssignments/00000000-0000-4000-8000-00000000000${index}`;
    await put(assignment, '2022-04-01', { properties });
  }
  return 'https://stackledger.blob.azure.test/';
};

/** A device to be made. */
export interface NewDevice {
  readonly deviceId: string;
  readonly tags?: Readonly<Record<string, unknown>>;
}

/** Registers devices on a hub. @returns their connection strings, secrets, in the same order */
export const makeDevices: Program<
  { readonly connectionString: string; readonly devices: readonly NewDevice[] },
  string[]
> = async ({ service }, { connectionString, devices }) => {
  const registry = service.Registry.fromConnectionString(connectionString);
  const hostName = /HostName=([^;]+)/.exec(connectionString)?.[1] ?? '';
  const made: string[] = [];
  for (let from = 0; from < devices.length; from += 100) {
    const some = devices.slice(from, from + 100);
    const keys = some.map(() => Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64'));
    const identities = some.map(({ deviceId }, index) => ({
      deviceId,
      authentication: { symmetricKey: { primaryKey: keys[index], secondaryKey: keys[index] } },
    }));
    await registry.addDevices(identities);
    const tagged = some.filter(({ tags }) => tags !== undefined);
    await Promise.all(tagged.map(({ deviceId, tags }) => registry.updateTwin(deviceId, { tags }, '*')));
    const stringOf = (deviceId: string, key = '') => `HostName=${hostName};DeviceId=${deviceId};SharedAccessKey=${key}`;
    made.push(...some.map(({ deviceId }, index) => stringOf(deviceId, keys[index])));
  }
  return made;
};

/** What a device does: `jams` answers 500; `mute` does not answer what a rollout asks first; delays are in ms. */
export interface DeviceSpec {
  readonly deviceId: string;
  readonly connectionString: string;
  readonly kind: 'good' | 'jams' | 'mute';
  readonly delayMs: number;
}

/** One direct method as a device got it; the first one of an operation has the effect. */
export interface Call {
  readonly at: number;
  readonly deviceId: string;
  readonly operationId: string;
  readonly isFirst: boolean;
}

/** What the devices of a process share; answers wait while `held` is there. */
interface Shared {
  held?: Promise<void>;
  release?: () => void;
  calls: Call[];
  clients: { close(): Promise<unknown> }[];
}

/**
 * Connects devices that live as long as the process and connect again by the SDK's own retries. They do the method
 * `apply` once for each operation id, and report desired properties back.
 */
export const connectDevices: Program<{ readonly devices: readonly DeviceSpec[] }, number> = async (
  { device, mqtt },
  { devices },
) => {
  const shared = ((globalThis as { shared?: Shared }).shared ??= { calls: [], clients: [] });
  const one = async ({ deviceId, connectionString, kind, delayMs }: DeviceSpec): Promise<void> => {
    const done = new Set<string>();
    let applied = 0;
    const reopen = (): void => void setTimeout(() => void open().catch(reopen), 1_000);
    const open = async (): Promise<void> => {
      const client = device.Client.fromConnectionString(connectionString, mqtt.Mqtt);
      client.on('error', () => undefined); // the SDK tries again, and tells of it here
      await client.open();
      const twin = await client.getTwin();
      twin.on('error', () => undefined);
      twin.on('properties.desired', (desired: Record<string, unknown>) => {
        const { $version, ...wanted } = desired;
        if (Number($version) <= applied || Object.keys(wanted).length === 0) return;
        const reported = twin.properties.reported as { update(patch: object, done: (error?: unknown) => void): void };
        // What the hub has not acknowledged is told again after the next connection.
        const told = (error?: unknown) => void (applied = error ? applied : Number($version));
        setTimeout(() => reported.update(wanted, told), delayMs);
      });
      client.onDeviceMethod('apply', (request, response) => {
        const { operationId = '' } = request.payload as { operationId?: string };
        const isFirst = !done.has(operationId);
        const rollout = /^(.*?)(?:\.|-[wrc]\d)/.exec(operationId)?.[1] ?? '';
        const isMute = kind === 'mute' && !done.has(rollout);
        done.add(operationId).add(rollout);
        shared.calls.push({ at: Date.now(), deviceId, operationId, isFirst });
        if (isMute) return;
        const answer = async (): Promise<void> => {
          await shared.held;
          await new Promise((resolve) => setTimeout(resolve, delayMs));
          await response.send(kind === 'jams' ? 500 : 200, { done: kind !== 'jams' });
        };
        answer().catch(() => undefined); // its caller has gone
      });
      await twin.get(); // once this is answered the subscriptions before it stand
      client.on('connect', () => void twin.get().catch(() => undefined));
      client.on('disconnect', () => {
        client.removeAllListeners();
        client.close().catch(() => undefined);
        reopen();
      });
      shared.clients.push(client);
    };
    await open();
  };
  const queue = [...devices];
  const connectSome = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) await one(next);
  };
  await Promise.all(Array.from({ length: 8 }, connectSome));
  return devices.length;
};

/** From here on no device answers a method, until {@link releaseDevices}. */
export const holdDevices: Program<null, null> = () => {
  const { shared } = globalThis as { shared?: Shared };
  if (shared !== undefined) shared.held = new Promise((resolve) => (shared.release = resolve));
  return Promise.resolve(null);
};

export const releaseDevices: Program<null, null> = () => {
  (globalThis as { shared?: Shared }).shared?.release?.();
  return Promise.resolve(null);
};

/** The calls that the devices of this process have got. */
export const callsOfDevices: Program<null, readonly Call[]> = () =>
  Promise.resolve((globalThis as { shared?: Shared }).shared?.calls ?? []);

export interface HubJobView {
  readonly jobId: string;
  readonly status: string;
  readonly type: string;
  readonly createdTime: string;
}

export interface HubRow {
  readonly jobId: string;
  readonly deviceId: string;
  readonly status: string;
  readonly startTimeUtc?: string;
}

export interface HubTwin {
  readonly deviceId: string;
  readonly tags?: Readonly<Record<string, unknown>>;
  readonly properties: {
    readonly desired: Readonly<Record<string, unknown>>;
    readonly reported: Readonly<Record<string, unknown>>;
  };
}

export interface HubView {
  readonly jobs: readonly HubJobView[];
  readonly rows: readonly HubRow[];
  readonly twins: readonly HubTwin[];
}

/** Reads a hub's jobs, their rows, and all twins. */
export const inspectHub: Program<{ readonly connectionString: string }, HubView> = async (
  { service },
  { connectionString },
) => {
  interface Pages {
    readonly hasMoreResults: boolean;
    readonly continuationToken?: string;
    next(token: string | undefined): Promise<{ readonly result: readonly unknown[] }>;
  }
  const all = async <T>(query: unknown): Promise<T[]> => {
    const pages = query as Pages;
    const rows: unknown[] = [];
    // `next` begins anew unless it is handed the continuation token.
    for (let more = true, token: string | undefined; more; token = pages.continuationToken, more = pages.hasMoreResults)
      rows.push(...(await pages.next(token)).result);
    return rows as T[];
  };
  const registry = service.Registry.fromConnectionString(connectionString);
  const jobs = service.JobClient.fromConnectionString(connectionString);
  return {
    jobs: await all<HubJobView>(jobs.createQuery(undefined, undefined, 100)),
    rows: await all<HubRow>(registry.createQuery('SELECT * FROM devices.jobs', 100)),
    twins: await all<HubTwin>(registry.createQuery('SELECT * FROM devices', 100)),
  };
};
