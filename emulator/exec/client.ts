import { createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { ARM_HOST, dpsHostName, eventsHostName, hubHostName, LOOPBACK } from '../names';
import type { State } from './state';

/** One request to the emulator, by the state file alone. */
interface Call {
  readonly host: string;
  readonly method: string;
  readonly path: string;
  readonly authorization: string;
  readonly body?: unknown;
}

const ARM_AUDIENCE = 'https://management.azure.com/';
const HUB_API = '2023-06-30';
const DPS_API = '2022-02-05';
const GROUP_API = '2024-03-01';
const DEVICE_API = '2021-04-12';
/** Where hubs made by the command line live. */
const LOCAL_GROUP = 'local';
const LOCATION = 'westeurope';

interface Policy {
  readonly keyName: string;
  readonly primaryKey: string;
}

/** Makes a hub through the Resource Manager, so that it is seen there too. Nothing happens when it exists. */
export async function createHub(state: State, name: string, sku: string): Promise<void> {
  await createResource(state, `IotHubs/${name}?api-version=${HUB_API}`, { sku: { name: sku, capacity: 1 } });
}

/** Makes a provisioning service as {@link createHub} makes a hub, linked to hubs that exist. @returns its id scope */
export async function createProvisioning(state: State, name: string, hubs: readonly string[]): Promise<string> {
  const iotHubs = await Promise.all(
    hubs.map(async (hub) => ({
      connectionString: await hubConnectionString(state, hub, 'iothubowner'),
      location: LOCATION,
    })),
  );
  const body = { sku: { name: 'S1', capacity: 1 }, properties: { iotHubs } };
  const made = await createResource(state, `provisioningServices/${name}?api-version=${DPS_API}`, body);
  return (made as { properties: { idScope: string } }).properties.idScope;
}

async function createResource(state: State, path: string, description: object): Promise<unknown> {
  const group = `/subscriptions/${state.subscriptionId}/resourceGroups/${LOCAL_GROUP}`;
  const arm = { host: ARM_HOST, authorization: await armToken(state) };
  const put = { ...arm, method: 'PUT' };
  await send(state, { ...put, path: `${group}?api-version=${GROUP_API}`, body: { location: LOCATION } });
  const resource = { ...arm, path: `${group}/providers/Microsoft.Devices/${path}` };
  await send(state, { ...resource, method: 'PUT', body: { location: LOCATION, ...description } });
  return send(state, { ...resource, method: 'GET' });
}

/** @throws Error when the service or the policy does not exist */
export async function dpsConnectionString(state: State, service: string, policy: string): Promise<string> {
  const { keyName, primaryKey } = await keyOf(state, {
    kind: 'provisioningServices',
    api: DPS_API,
    name: service,
    keys: `keys/${encodeURIComponent(policy)}/listkeys`,
  });
  return `HostName=${dpsHostName(service)};SharedAccessKeyName=${keyName};SharedAccessKey=${primaryKey}`;
}

/** @throws Error when the hub or the policy does not exist */
export async function hubConnectionString(state: State, hub: string, policy: string): Promise<string> {
  const { keyName, primaryKey } = await policyOf(state, hub, policy);
  return `HostName=${hubHostName(hub)};SharedAccessKeyName=${keyName};SharedAccessKey=${primaryKey}`;
}

/** Of the Event-Hub-compatible endpoint, as the portal shows it. @throws Error when the hub or the policy does not exist */
export async function eventsConnectionString(state: State, hub: string, policy: string): Promise<string> {
  const { keyName, primaryKey } = await policyOf(state, hub, policy);
  const endpoint = `Endpoint=sb://${eventsHostName(hub.toLowerCase())}/`;
  return `${endpoint};SharedAccessKeyName=${keyName};SharedAccessKey=${primaryKey};EntityPath=${hub.toLowerCase()}`;
}

/** @throws Error when the hub or the device does not exist */
export async function deviceConnectionString(state: State, hub: string, deviceId: string): Promise<string> {
  const host = hubHostName(hub);
  const authorization = sasOf(host, await policyOf(state, hub, 'iothubowner'));
  const path = `/devices/${encodeURIComponent(deviceId)}?api-version=${DEVICE_API}`;
  const { authentication } = (await send(state, { host, method: 'GET', path, authorization })) as {
    authentication: { type: string; symmetricKey: { primaryKey: string } };
  };
  // The form that the SDKs read for a device that has a certificate in place of keys.
  const proof =
    authentication.type === 'sas' ? `SharedAccessKey=${authentication.symmetricKey.primaryKey}` : 'x509=true';
  return `HostName=${host};DeviceId=${deviceId};${proof}`;
}

const policyOf = (state: State, hub: string, policy: string): Promise<Policy> =>
  keyOf(state, {
    kind: 'IotHubs',
    api: HUB_API,
    name: hub,
    keys: `IotHubKeys/${encodeURIComponent(policy)}/listkeys`,
  });

interface KeyQuestion {
  readonly kind: 'IotHubs' | 'provisioningServices';
  readonly api: string;
  readonly name: string;
  /** Path of the keys below the resource. */
  readonly keys: string;
}

async function keyOf(state: State, { kind, api, name, keys }: KeyQuestion): Promise<Policy> {
  const arm = { host: ARM_HOST, authorization: await armToken(state) };
  const list = `/subscriptions/${state.subscriptionId}/providers/Microsoft.Devices/${kind}?api-version=${api}`;
  const { value } = (await send(state, { ...arm, method: 'GET', path: list })) as {
    value: { id: string; name: string }[];
  };
  const found = value.find((each) => each.name.toLowerCase() === name.toLowerCase());
  const what = kind === 'IotHubs' ? 'hub' : 'provisioning service';
  if (found === undefined)
    throw new Error(`there is no ${what} '${name}'; there ${known(value.map((each) => each.name))}`);
  return (await send(state, { ...arm, method: 'POST', path: `${found.id}/${keys}?api-version=${api}` })) as Policy;
}

const known = (names: readonly string[]): string => (names.length === 0 ? 'is none' : `are: ${names.join(', ')}`);

async function armToken({ identity }: State): Promise<string> {
  const url = new URL(identity.endpoint);
  url.search = new URLSearchParams({ 'api-version': '2019-08-01', resource: ARM_AUDIENCE }).toString();
  const response = await fetch(url, { headers: { 'X-IDENTITY-HEADER': identity.header } });
  if (!response.ok) throw new Error(`the emulator's identity endpoint answered ${response.status}`);
  return `Bearer ${((await response.json()) as { access_token: string }).access_token}`;
}

/** A service token of an hour for the whole hub. */
function sasOf(host: string, { keyName, primaryKey }: Policy): string {
  const expiry = Math.floor(Date.now() / 1000) + 3600;
  const resource = encodeURIComponent(host);
  const signature = createHmac('sha256', Buffer.from(primaryKey, 'base64'))
    .update(`${resource}\n${expiry}`)
    .digest('base64');
  return `SharedAccessSignature sr=${resource}&sig=${encodeURIComponent(signature)}&se=${expiry}&skn=${keyName}`;
}

/** @throws Error with the service's own message for a status of 300 and up */
async function send(state: State, { host, method, path, authorization, body }: Call): Promise<unknown> {
  const ca = await readFile(state.caFile);
  const port = state.redirects.find((each) => host === each.suffix || host.endsWith(`.${each.suffix}`))?.to;
  return new Promise((resolve, reject) => {
    const headers = { host, authorization, 'content-type': 'application/json' };
    const call = request(
      { host: LOOPBACK, port, servername: host, ca, method, path, headers, agent: false },
      (response) => {
        text(response).then((answer) => {
          const { statusCode = 0 } = response;
          if (statusCode < 300) resolve(answer === '' ? undefined : JSON.parse(answer));
          else reject(new Error(`${messageIn(answer)} (${host} answered ${statusCode})`));
        }, reject);
      },
    );
    call.once('error', reject);
    call.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

const Refusal = z.looseObject({
  error: z.looseObject({ message: z.string() }).optional(), // the Resource Manager's
  message: z.string().optional(), // that of Microsoft.Devices
  Message: z.string().optional(), // a hub's: ErrorCode:<name>;<text>
});

/** The service's own words; all of the answer where it has none. */
function messageIn(answer: string): string {
  try {
    const { error, message, Message } = Refusal.parse(JSON.parse(answer));
    return error?.message ?? message ?? Message?.replace(/^ErrorCode:\w+;/, '') ?? answer;
  } catch {
    return answer;
  }
}
