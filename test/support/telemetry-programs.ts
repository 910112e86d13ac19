import type { Program } from './program';

/** Programs for a process that finds the emulator: what telemetry runs on, and devices that send. Each sees its arguments only. */

export interface TelemetryInput {
  readonly subscription: string;
  /** Of makeStorage. */
  readonly storageAccount: string;
  readonly hubs: readonly string[];
}

/** Part of the stack's outputs. */
export interface TelemetryPlaces {
  readonly eventHubsHost: string;
  readonly eventHub: string;
  readonly consumerGroup: string;
  readonly signalrHost: string;
}

/** Makes an event hub that the hubs route to, tables and a live service, all open to the emulator's own identity. */
export const makeTelemetry: Program<TelemetryInput, TelemetryPlaces> = async (
  { identity },
  { subscription, storageAccount, hubs },
) => {
  const arm = 'https://management.azure.test';
  const { token } = await new identity.DefaultAzureCredential().getToken(`${arm}/.default`);
  const { oid } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { oid: string };
  interface Made {
    readonly location?: string;
    readonly sku?: object;
    readonly properties: Readonly<Record<string, unknown>>;
  }
  const call = async (method: string, path: string, version: string, body?: object): Promise<Made> => {
    const response = await fetch(`${arm}${path}?api-version=${version}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text === '' ? '{}' : text) as Made;
  };
  const put = (path: string, version: string, body: object): Promise<Made> => call('PUT', path, version, body);
  let assignments = 0;
  const allow = (scope: string, role: string, principalId = oid): Promise<Made> => {
    assignments += 1;
    const name = `00000000-0000-4000-8000-1000000000${String(assignments).padStart(2, '0')}`;
    const roleDefinitionId = `/subscriptions/${subscription}/providers/Microsoft.Authorization/roleDefinitions/${role}`;
    return put(`${scope}/providers/Microsoft.Authorization/roleAssignments/${name}`, '2022-04-01', {
      properties: { principalId, principalType: 'ServicePrincipal', roleDefinitionId },
    });
  };
  const providers = `/subscriptions/${subscription}/resourceGroups/stack/providers`;
  const location = 'westeurope';

  const storage = `${providers}/Microsoft.Storage/storageAccounts/${storageAccount}`;
  for (const table of ['DeviceState', 'Calibration', 'Rejected'])
    await put(`${storage}/tableServices/default/tables/${table}`, '2024-01-01', {});
  // Storage Table Data Contributor; Azure Event Hubs Data Receiver and Data Sender; SignalR Service Owner.
  await allow(storage, '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3');

  const space = `${providers}/Microsoft.EventHub/namespaces/stack-events`;
  await put(space, '2024-01-01', { location, sku: { name: 'Standard' }, properties: {} });
  await put(`${space}/eventhubs/telemetry`, '2024-01-01', { properties: { partitionCount: 4 } });
  await put(`${space}/eventhubs/telemetry/consumergroups/groundswell`, '2024-01-01', { properties: {} });
  await allow(space, 'a638d3c7-ab3a-418d-83e6-5f17a39d4fde');
  const sender = `${providers}/Microsoft.ManagedIdentity/userAssignedIdentities/sender`;
  const made = await put(sender, '2023-01-31', { location });
  await allow(space, '2b629674-e913-4c01-ae53-ef4638d8f975', String(made.properties['principalId']));

  const live = `${providers}/Microsoft.SignalRService/signalR/stack-live`;
  await put(live, '2024-03-01', {
    ...{ location, sku: { name: 'Standard_S1', capacity: 1 }, kind: 'SignalR' },
    properties: { features: [{ flag: 'ServiceMode', value: 'Serverless' }] },
  });
  await allow(live, '7e4f1700-ea5a-4f59-8f37-079cfe29dce3');

  const found = await call('GET', `/subscriptions/${subscription}/providers/Microsoft.Devices/IotHubs`, '2023-06-30');
  const all = (found as unknown as { value: (Made & { id: string; name: string })[] }).value;
  for (const hub of all.filter(({ name }) => hubs.includes(name))) {
    const endpointNames = ['telemetry'];
    const endpoint = {
      name: 'telemetry',
      endpointUri: 'sb://stack-events.servicebus.azure.test',
      entityPath: 'telemetry',
    };
    const byIdentity = { authenticationType: 'identityBased', identity: { userAssignedIdentity: sender } };
    const routing = {
      endpoints: { eventHubs: [{ ...endpoint, ...byIdentity }] },
      routes: [{ name: 'telemetry', source: 'DeviceMessages', condition: 'true', isEnabled: true, endpointNames }],
      enrichments: [{ key: 'hub', value: '$iothubname', endpointNames }],
    };
    await put(hub.id, '2023-06-30', {
      ...{ location: hub.location, sku: hub.sku },
      identity: { type: 'UserAssigned', userAssignedIdentities: { [sender]: {} } },
      properties: { ...hub.properties, routing },
    });
  }
  return {
    eventHubsHost: 'stack-events.servicebus.azure.test',
    ...{ eventHub: 'telemetry', consumerGroup: 'groundswell', signalrHost: 'stack-live.service.signalr.test' },
  };
};

export interface SendersInput {
  readonly devices: readonly { readonly deviceId: string; readonly connectionString: string }[];
  readonly everyMs: number;
}

interface Sending {
  readonly timers: NodeJS.Timeout[];
  readonly sent: Map<string, number>;
}
interface Senders {
  senders?: Sending;
}

/** Has light devices send one message every so often, each with the time, until {@link stopSending}. @returns once all are connected */
export const startSending: Program<SendersInput, null> = async ({ agent, light }, { devices, everyMs }) => {
  const senders: Sending = { timers: [], sent: new Map() };
  (globalThis as Senders).senders = senders;
  const queue = devices.map((each, index) => ({ ...each, index }));
  const one = ({ deviceId, connectionString, index }: (typeof queue)[number]): Promise<void> =>
    new Promise((connected, failed) => {
      const made = new agent.Agent(
        { connectionString, methods: {}, onConnected: () => connected(), onProblem: () => undefined },
        { openHub: light.openLightHub },
      );
      made.start().catch(failed);
      const tell = (): void => {
        senders.sent.set(deviceId, (senders.sent.get(deviceId) ?? 0) + 1);
        made.send({ body: { Celsius: 20, SentAt: Date.now() } });
      };
      // All at once would be a burst a second; they begin spread over it.
      const begin = () => senders.timers.push(setInterval(tell, everyMs));
      senders.timers.push(setTimeout(begin, (index * everyMs) / devices.length));
    });
  const connectSome = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) await one(next);
  };
  await Promise.all(Array.from({ length: 16 }, connectSome));
  return null;
};

/** @returns how many messages each device has sent; what waits in its queue goes out later */
export const stopSending: Program<null, Readonly<Record<string, number>>> = () => {
  const { senders } = globalThis as Senders;
  for (const timer of senders?.timers ?? []) clearInterval(timer);
  return Promise.resolve(Object.fromEntries(senders?.sent ?? []));
};

/** A device as the pipeline has it. */
export interface KeptState {
  readonly deviceId: string;
  readonly count: number;
  readonly rejected: number;
  readonly version?: string;
  readonly celsius?: number;
  /** When its windows begin, in ms since 1970. */
  readonly windows: readonly number[];
}

/** Reads the table DeviceState. */
export const statesOf: Program<{ readonly tableEndpoint: string }, readonly KeptState[]> = async (
  { dataTables, identity },
  { tableEndpoint },
) => {
  const table = new dataTables.TableClient(tableEndpoint, 'DeviceState', new identity.DefaultAzureCredential());
  const found: KeptState[] = [];
  for await (const row of table.listEntities()) {
    const { Celsius: celsius } = JSON.parse((row['Reading'] as string | undefined) ?? '{}') as { Celsius?: number };
    const version = row['Version'] as string | undefined;
    const windows = (JSON.parse(String(row['Windows'])) as { readonly t: number }[]).map(({ t }) => t * 1_000);
    found.push({
      windows,
      ...{ deviceId: row.rowKey ?? '', count: Number(row['Count']), rejected: Number(row['Rejected']) },
      ...(version !== undefined && { version }),
      ...(celsius !== undefined && { celsius }),
    });
  }
  return found;
};
