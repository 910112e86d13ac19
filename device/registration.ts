import { randomBytes } from 'node:crypto';
import { DefaultAzureCredential } from '@azure/identity';
import { Registry } from 'azure-iothub';
import { chunksOf, mapBounded } from '../domain/pool';

/** Devices in one bulk call, at most. Source: IoT Hub REST API, "Bulk registry - update". */
const BULK_LIMIT = 100;
/** Single reads at a time, for devices that were there already. */
const READS_AT_ONCE = 10;

/** A registered device and how it connects. */
export interface Identity {
  readonly deviceId: string;
  /** Secret. */
  readonly connectionString: string;
  /** Whether this call registered it; false for a device that was there before and was left as it was. */
  readonly added: boolean;
}

type Tags = Readonly<Record<string, unknown>>;

const newKey = (): string => randomBytes(32).toString('base64');

/** A hub as the stack's outputs have it. */
export interface HubToFill {
  readonly hostName: string;
  /** Of a policy with RegistryRead and RegistryWrite; without one the environment's Azure identity signs in. Secret. */
  readonly connectionString?: string | undefined;
}

const registryOf = ({ hostName, connectionString }: HubToFill): Registry =>
  connectionString === undefined
    ? Registry.fromTokenCredential(hostName, new DefaultAzureCredential())
    : Registry.fromConnectionString(connectionString);

/**
 * Registers devices, 100 a call. A device that exists is kept with its key, tags and properties.
 *
 * @param tags       put on the twins of new devices
 * @param onProgress called with the number of devices dealt with so far
 * @throws the SDK's error when the hub refuses a call, or an Error that names the device it refused
 */
export async function registerDevices(
  hub: HubToFill,
  deviceIds: readonly string[],
  tags: Tags,
  onProgress: (done: number) => void,
): Promise<Identity[]> {
  const registry = registryOf(hub);
  const identities: Identity[] = [];
  for (const chunk of chunksOf(deviceIds, BULK_LIMIT)) {
    const wanted = new Map(chunk.map((deviceId) => [deviceId, newKey()]));
    for (const [deviceId, key] of await register(registry, wanted, tags)) {
      const connectionString = `HostName=${hub.hostName};DeviceId=${deviceId};SharedAccessKey=${key}`;
      identities.push({ deviceId, connectionString, added: key === wanted.get(deviceId) });
    }
    onProgress(identities.length);
  }
  return identities;
}

/** @returns each device's key: the wanted one, or its own when it was there before */
async function register(
  registry: Registry,
  wanted: ReadonlyMap<string, string>,
  tags: Tags,
): Promise<[string, string][]> {
  const refusal = await add(registry, wanted, tags);
  if (refusal === undefined) return [...wanted];
  // A bulk call that fails has still registered what it could.
  return mapBounded([...wanted.keys()], READS_AT_ONCE, async (deviceId) => [
    deviceId,
    await keyOf(registry, deviceId).catch((cause: unknown) => {
      throw new Error(`device ${deviceId} could not be registered: ${refusal}`, { cause });
    }),
  ]);
}

/** @returns why the hub refused some of the devices, or undefined when it took them all */
async function add(registry: Registry, wanted: ReadonlyMap<string, string>, tags: Tags): Promise<string | undefined> {
  const devices = [...wanted].map(([deviceId, primaryKey]) => ({
    deviceId,
    status: 'enabled',
    authentication: { type: 'sas', symmetricKey: { primaryKey, secondaryKey: newKey() } },
    tags,
  }));
  try {
    const { responseBody } = await registry.addDevices(devices);
    return responseBody.isSuccessful ? undefined : JSON.stringify(responseBody.errors);
  } catch (error) {
    const { response, message } = error as {
      readonly response?: { readonly statusCode?: number };
      readonly message: string;
    };
    if (response?.statusCode === 400) return message; // some devices were refused, or all
    throw error;
  }
}

async function keyOf(registry: Registry, deviceId: string): Promise<string> {
  const { responseBody } = await registry.get(deviceId);
  const key = responseBody.authentication?.symmetricKey?.primaryKey;
  if (key === undefined || key === '') throw new Error(`device ${deviceId} does not sign in with a symmetric key`);
  return key;
}
