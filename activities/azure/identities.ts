import { Registry } from 'azure-iothub';
import { TokenBucket } from 'limiter';
import { batchesOf, deviceCondition } from '../../domain/batches';
import type { DeviceId, HubName } from '../../domain/ids';
import { mostDevices, registryOperationsPerMinute } from '../../domain/limits';
import { eachBounded } from '../pool';
import type { Hub } from '../ports';
import type { DeviceIdentity, Identities, ModuleTwin } from '../provisioning-ports';
import { twinOf } from './device-answers';
import { callingHub, isHubError, statusOf, unlessMissing } from './hub-faults';
import type { HubAccess } from './iot-hub';

/** Largest page that a hub gives. Source: IoT Hub query language, "Query result pagination". */
const PAGE_SIZE = 100;
/** Devices whose modules one query looks for: they fill few pages. */
const TOGETHER = 100;
/** Twins of modules that are read at once; the hub's quota paces them. */
const WIDTH = 16;

/** A module as its hub's index has it. */
interface ModuleRow {
  readonly deviceId: DeviceId;
  readonly moduleId: string;
}

/** What a device's twin tells of its identity; the identity itself would come with its keys. */
interface TwinDocument {
  readonly deviceEtag: string;
  readonly status: 'enabled' | 'disabled';
  readonly connectionState: string;
}

/** An identity as it is read, with its keys. */
type Device = Readonly<Record<string, unknown>>;
type Bulk = Awaited<ReturnType<Registry['updateDevices']>>['responseBody'];

const registryOf = (access: HubAccess): Registry =>
  typeof access === 'string'
    ? Registry.fromConnectionString(access)
    : Registry.fromTokenCredential(access.hostName, access.credential);

const isChanged = (error: unknown): boolean => statusOf(error) === 412 || isHubError(error, 'preconditionFailed');

export interface IdentityParts {
  readonly name: HubName;
  readonly hostName: string;
  /** Whose quotas are shared. */
  readonly hub: Pick<Hub, 'sku' | 'turn' | 'count'>;
  readonly quarantine: boolean;
  readonly access: HubAccess;
}

/** The identities of one IoT hub over the official service client. */
export function createIdentities({ name, hostName, hub, quarantine, access }: IdentityParts): Identities {
  const registry = registryOf(access);
  const perMinute = registryOperationsPerMinute(hub.sku);
  const places = new TokenBucket({ bucketSize: perMinute, tokensPerInterval: perMinute, interval: 'minute' });
  places.content = perMinute;

  async function modulesAmong(deviceIds: readonly DeviceId[]): Promise<readonly ModuleRow[]> {
    const sql = `SELECT deviceId, moduleId FROM devices.modules WHERE ${deviceCondition(deviceIds)}`;
    const query = registry.createQuery(sql, PAGE_SIZE);
    const rows: ModuleRow[] = [];
    for (
      let more = true, token: string | undefined;
      more;
      token = query.continuationToken, more = query.hasMoreResults
    ) {
      await hub.turn('queries');
      const page = await callingHub({ hub: name }, () => query.next(token as string));
      rows.push(...(page.result as readonly ModuleRow[]));
    }
    return rows;
  }

  const moduleTwin: Identities['module'] = (deviceId, moduleId) =>
    callingHub({ hub: name, deviceId, moduleId }, async () => {
      await hub.turn('twinReads');
      const answer = await unlessMissing(registry.getModuleTwin(deviceId, moduleId));
      if (answer === undefined) return undefined;
      const { etag, desired, reported } = twinOf(answer.responseBody);
      return { moduleId, etag, desired, reported };
    });

  /** One device, changed only if its etag is the one given. The hub refuses a bulk of which a device fails (400013). */
  async function update({ etag: eTag, ...device }: Device): Promise<'done' | 'gone' | 'changed'> {
    // Spelled so in bulks (REST reference, ExportImportDevice).
    const answer = await registry.updateDevices([{ ...device, eTag } as never], false).catch((error: unknown) => {
      if (isChanged(error)) return 'changed' as const;
      if (isHubError(error, 'deviceNotFound')) return 'gone' as const;
      throw error;
    });
    if (typeof answer === 'string') return answer;
    return (answer.responseBody as Bulk | undefined)?.isSuccessful === false ? 'changed' : 'done';
  }

  return {
    hostName,
    quarantine,

    identity: (deviceId) =>
      callingHub({ hub: name, deviceId }, async (): Promise<DeviceIdentity | undefined> => {
        await hub.turn('twinReads');
        const answer = await unlessMissing(registry.getTwin(deviceId));
        if (answer === undefined) return undefined;
        const { deviceEtag, status, connectionState } = answer.responseBody as unknown as TwinDocument;
        return { etag: deviceEtag, enabled: status !== 'disabled', connected: connectionState === 'Connected' };
      }),

    setEnabled: (deviceId, enabled, etag) =>
      callingHub({ hub: name, deviceId }, async () => {
        await places.removeTokens(2);
        // An update that does not give the keys makes the hub generate new ones, so the whole identity is read and sent back.
        const device = (await unlessMissing(registry.get(deviceId)))?.responseBody as Device | undefined;
        if (device === undefined) return 'gone';
        if (device['etag'] !== etag) return 'changed';
        return update({ ...device, status: enabled ? 'enabled' : 'disabled' });
      }),

    remove: (deviceId) =>
      callingHub({ hub: name, deviceId }, async () => {
        await places.removeTokens(1);
        return (await unlessMissing(registry.delete(deviceId).then(() => true))) ?? false;
      }),

    async modules(deviceIds) {
      const found = new Map<DeviceId, ModuleTwin[]>();
      for (const together of batchesOf(deviceIds, TOGETHER)) {
        await eachBounded(await modulesAmong(together), WIDTH, async ({ deviceId, moduleId }) => {
          const twin = await moduleTwin(deviceId, moduleId);
          if (twin !== undefined) found.set(deviceId, [...(found.get(deviceId) ?? []), twin]);
        });
      }
      return found;
    },

    module: moduleTwin,

    updateModule: (deviceId, moduleId, desired) =>
      callingHub({ hub: name, deviceId, moduleId }, async () => {
        await hub.turn('twinUpdates');
        const patch = { properties: { desired } };
        const answer = await unlessMissing(registry.updateModuleTwin(deviceId, moduleId, patch, '*'));
        return answer === undefined ? 'gone' : 'merged';
      }),

    async capacity() {
      await hub.turn('queries');
      return { devices: await hub.count('*'), most: mostDevices(hub.sku) };
    },
  };
}
