import type { Program } from '../support/program';
import type { Mover } from './fleet';

/** Programs for a process that finds the emulator; each sees nothing but its arguments. */

export interface EnrollInput {
  readonly connectionString: string;
  /** With the key of each, base64; in a group its own is derived from the group's. */
  readonly movers: readonly (Mover & { readonly key: string })[];
  /** Key of each group, by policy. */
  readonly groupKeys: Readonly<Record<string, string>>;
  /** Host names that they may be sent to; the first one is home. */
  readonly hubs: readonly string[];
  readonly webhookUrl: string;
  readonly initial: { readonly tags: object; readonly desired: object };
}

/** Enrolls all, each one at home: ten individual ones in a call, and a group for each policy. */
export const enroll: Program<EnrollInput, null> = async (
  { provisioning },
  { connectionString, movers, groupKeys, hubs, webhookUrl, initial },
) => {
  const client = provisioning.ProvisioningServiceClient.fromConnectionString(connectionString);
  const of = (policy: string, key: string) => ({
    attestation: { type: 'symmetricKey', symmetricKey: { primaryKey: key, secondaryKey: key } },
    reprovisionPolicy: { updateHubAssignment: true, migrateDeviceData: policy === 'migrate' },
    initialTwin: { tags: initial.tags, properties: { desired: initial.desired } },
    provisioningStatus: 'enabled',
  });
  for (const [policy, key] of Object.entries(groupKeys)) {
    await client.createOrUpdateEnrollmentGroup({
      ...{ enrollmentGroupId: `movers-${policy}`, ...of(policy, key), iotHubs: hubs, allocationPolicy: 'custom' },
      customAllocationDefinition: { webhookUrl, apiVersion: '2021-10-01' },
    } as never);
  }
  const own = movers.filter(({ enrolled }) => enrolled === 'individual');
  for (let from = 0; from < own.length; from += 10) {
    const enrollments = own.slice(from, from + 10).map(({ deviceId, policy, key }) => ({
      ...{ registrationId: deviceId, ...of(policy, key), iotHubs: hubs.slice(0, 1), allocationPolicy: 'static' },
    }));
    // Its promise never settles without a callback.
    await new Promise<void>((done, failed) => {
      client.runBulkEnrollmentOperation({ mode: 'create', enrollments } as never, (error) => {
        if (error) failed(error);
        else done();
      });
    });
  }
  return null;
};

/** A device of the agent: what happened to it, by its own clock. */
export interface AgentLog {
  readonly deviceId: string;
  /** Each time it had connected, and where. */
  readonly homes: readonly { readonly at: number; readonly hub: string }[];
  readonly sent: number;
  readonly problems: readonly string[];
}

export interface AgentsInput {
  readonly movers: readonly { readonly deviceId: string; readonly key: string }[];
  readonly idScope: string;
  readonly endpoint: string;
  /** Says yes to a wish to move, and does nothing. */
  readonly deaf: readonly string[];
  /** Fails whatever `update` asks of it; the others do that. */
  readonly ailing: readonly string[];
  readonly telemetryEveryMs: number;
  /** On MQTT.js in place of the SDK, for thousands of them. */
  readonly light: boolean;
}

interface Agents {
  agentLogs?: Map<string, { deviceId: string; homes: { at: number; hub: string }[]; sent: number; problems: string[] }>;
}

/** Starts the agents, which live as long as the process, and waits until each has connected. */
export const startAgents: Program<AgentsInput, null> = async (
  { agent, light },
  { movers, idScope, endpoint, deaf, ailing, telemetryEveryMs, light: isLight },
) => {
  const effects = isLight ? { openHub: light.openLightHub } : {};
  const logs = ((globalThis as Agents).agentLogs ??= new Map());
  const one = async ({ deviceId, key }: AgentsInput['movers'][number]): Promise<void> => {
    const log = { deviceId, homes: [] as { at: number; hub: string }[], sent: 0, problems: [] as string[] };
    logs.set(deviceId, log);
    await new Promise<void>((connected, failed) => {
      const made = new agent.Agent(
        {
          registrationId: deviceId,
          provisioning: { idScope, endpoint },
          credentials: { kind: 'symmetricKey', key },
          methods: {
            update: () => ({ status: ailing.includes(deviceId) ? 500 : 200, payload: {} }),
            ...(deaf.includes(deviceId) && { reprovision: () => ({ status: 200, payload: { accepted: true } }) }),
          },
          desired: { '*': (value) => value },
          onConnected: ({ hub }) => {
            log.homes.push({ at: Date.now(), hub });
            connected();
          },
          onProblem: (problem) => void log.problems.push(problem),
        },
        effects,
      );
      made.start().catch(failed);
      setInterval(() => made.send({ body: { deviceId, count: (log.sent += 1) } }), telemetryEveryMs);
    });
  };
  const queue = [...movers];
  const some = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) await one(next);
  };
  await Promise.all(Array.from({ length: 64 }, some));
  return null;
};

export const agentLogs: Program<null, readonly AgentLog[]> = () =>
  Promise.resolve([...((globalThis as Agents).agentLogs?.values() ?? [])]);

/** A reading as a hub's endpoint has it. */
export interface Reading {
  readonly deviceId: string;
  readonly count: number;
  /** When it came to the hub, ms since the epoch. */
  readonly at: number;
}

/** Reads all telemetry that a hub has, from the first message to those that are there now. */
export const readingsOf: Program<{ readonly eventsConnectionString: string }, readonly Reading[]> = async (
  { eventHubs },
  { eventsConnectionString },
) => {
  const client = new eventHubs.EventHubConsumerClient('$Default', eventsConnectionString);
  const found: Reading[] = [];
  try {
    for (const partition of await client.getPartitionIds()) {
      const { lastEnqueuedSequenceNumber: last, isEmpty } = await client.getPartitionProperties(partition);
      if (isEmpty) continue;
      await new Promise<void>((resolve, reject) => {
        const handlers = {
          processEvents: (events: readonly { body: unknown; enqueuedTimeUtc: Date; sequenceNumber: number }[]) => {
            for (const { body, enqueuedTimeUtc } of events)
              found.push({ ...(body as Omit<Reading, 'at'>), at: enqueuedTimeUtc.getTime() });
            if ((events.at(-1)?.sequenceNumber ?? -1) >= last) resolve();
            return Promise.resolve();
          },
          processError: (error: Error) => {
            reject(error);
            return Promise.resolve();
          },
        };
        client.subscribe(partition, handlers, { startPosition: eventHubs.earliestEventPosition, maxBatchSize: 1000 });
      });
    }
  } finally {
    await client.close();
  }
  return found;
};

/** Gives each twin what the device is to take along. */
export const seedTwins: Program<
  { readonly connectionString: string; readonly movers: readonly Mover[] },
  null
> = async ({ service }, { connectionString, movers }) => {
  const registry = service.Registry.fromConnectionString(connectionString);
  const queue = [...movers];
  const some = async (): Promise<void> => {
    for (let mover = queue.shift(); mover !== undefined; mover = queue.shift()) {
      const { deviceId, tags, desired } = mover;
      await registry.updateTwin(deviceId, { tags, properties: { desired } }, '*');
    }
  };
  await Promise.all(Array.from({ length: 16 }, some));
  return null;
};

export interface PlacedTwin {
  readonly deviceId: string;
  readonly connectionState: string;
  readonly status: string;
  readonly tags: Readonly<Record<string, unknown>>;
  readonly desired: Readonly<Record<string, unknown>>;
  readonly reported: Readonly<Record<string, unknown>>;
}

/** All twins of a hub, without metadata, in the order of their ids. */
export const twinsOf: Program<{ readonly connectionString: string }, readonly PlacedTwin[]> = async (
  { service },
  { connectionString },
) => {
  interface Document {
    readonly deviceId: string;
    readonly connectionState: string;
    readonly status: string;
    readonly tags?: object;
    readonly properties: { readonly desired: object; readonly reported: object };
  }
  const bare = (section: object = {}): Record<string, unknown> =>
    Object.fromEntries(Object.entries(section).filter(([name]) => !name.startsWith('$')));
  const query = service.Registry.fromConnectionString(connectionString).createQuery('SELECT * FROM devices', 100);
  const found: PlacedTwin[] = [];
  let token: string | undefined;
  do {
    const page = await query.next(token as string); // begins anew unless it is handed the continuation token
    token = query.continuationToken;
    for (const { deviceId, connectionState, status, tags, properties } of page.result as readonly Document[]) {
      const { desired, reported } = properties;
      found.push({
        ...{ deviceId, connectionState, status, tags: bare(tags) },
        ...{ desired: bare(desired), reported: bare(reported) },
      });
    }
  } while (query.hasMoreResults);
  return found.sort((a, b) => (a.deviceId < b.deviceId ? -1 : 1));
};

/** Where the enrollments of single devices point now, by registration id: the host names of their hubs. */
export const pointings: Program<
  { readonly connectionString: string; readonly ids: readonly string[] },
  Readonly<Record<string, readonly string[]>>
> = async ({ provisioning }, { connectionString, ids }) => {
  const client = provisioning.ProvisioningServiceClient.fromConnectionString(connectionString);
  const found: Record<string, readonly string[]> = {};
  for (const id of ids)
    found[id] = ((await client.getIndividualEnrollment(id)).responseBody as { iotHubs?: string[] }).iotHubs ?? [];
  return found;
};
