import { createSecureContext, type SecureContext } from 'node:tls';
import { Registry } from 'azure-iothub';
import { tokenFor, LoadClient } from '../load/mqtt-client';

/** What `main.ts` hands to a scenario's process: where the servers are. */
export interface Servers {
  readonly ca: string;
  readonly hubConnectionString: string;
  readonly emulator: { readonly pid: number; readonly mqttPort: number; readonly httpsPort: number };
  readonly mosquitto: { readonly pid: number; readonly port: number } | undefined;
  readonly bareTls: { readonly pid: number; readonly port: number };
}

/** What all scenarios need to reach the servers. */
export interface Context extends Servers {
  readonly hostName: string;
  readonly policyKey: string;
  readonly secureContext: SecureContext;
}

/** One key for every device, so that none has to be read back. */
const DEVICE_KEY = Buffer.alloc(32, 7).toString('base64');
const BULK = 100;

export function contextOf(servers: Servers): Context {
  const [, hostName = '', policyKey = ''] =
    /^HostName=(.*?);.*SharedAccessKey=(.*)$/.exec(servers.hubConnectionString) ?? [];
  return { ...servers, hostName, policyKey, secureContext: createSecureContext({ ca: servers.ca }) };
}

/** Registers devices with the official client, a hundred a call. */
export async function register(
  { hubConnectionString }: Pick<Context, 'hubConnectionString'>,
  deviceIds: readonly string[],
): Promise<void> {
  const registry = Registry.fromConnectionString(hubConnectionString);
  for (let i = 0; i < deviceIds.length; i += BULK) {
    const devices = deviceIds.slice(i, i + BULK).map((deviceId) => ({
      deviceId,
      authentication: { symmetricKey: { primaryKey: DEVICE_KEY, secondaryKey: DEVICE_KEY } },
    }));
    await registry.addDevices(devices);
  }
}

/** Ids `<prefix>0` to `<prefix>{count - 1}`. */
export const idsOf = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${prefix}${i}`);

/** Connects a device to the emulator. */
export const connectDevice = (
  { emulator, hostName, secureContext }: Pick<Context, 'emulator' | 'hostName' | 'secureContext'>,
  deviceId: string,
): Promise<LoadClient> =>
  LoadClient.connect({
    ...{ port: emulator.mqttPort, servername: hostName, secureContext, clientId: deviceId },
    username: `${hostName}/${deviceId}/?api-version=2021-04-12`,
    password: tokenFor(`${hostName}/devices/${deviceId}`, DEVICE_KEY),
  });

/** Connects a client to another server; the same words are sent, so that the same bytes are read. */
export const connectTo = (context: Context, port: number, clientId: string): Promise<LoadClient> =>
  LoadClient.connect({
    ...{ port, servername: 'localhost', secureContext: context.secureContext, clientId },
    username: `${context.hostName}/${clientId}/?api-version=2021-04-12`,
    password: tokenFor(`${context.hostName}/devices/${clientId}`, DEVICE_KEY),
  });

/** Connects many, `at once` at a time. */
export async function connectAll<T>(ids: readonly string[], connect: (id: string) => Promise<T>): Promise<T[]> {
  const clients: T[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let id = ids[next++]; id !== undefined; id = ids[next++]) clients.push(await connect(id));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return clients;
}

/** Handshakes under way at any time. */
const AT_ONCE = 32;
