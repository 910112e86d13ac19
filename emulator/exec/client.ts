import { createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import { ARM_HOST, hubHostName, LOOPBACK } from '../names';
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
  const authorization = await armToken(state);
  const group = `/subscriptions/${state.subscriptionId}/resourceGroups/${LOCAL_GROUP}`;
  const arm = { host: ARM_HOST, method: 'PUT', authorization };
  await send(state, { ...arm, path: `${group}?api-version=${GROUP_API}`, body: { location: LOCATION } });
  const path = `${group}/providers/Microsoft.Devices/IotHubs/${name}?api-version=${HUB_API}`;
  await send(state, { ...arm, path, body: { location: LOCATION, sku: { name: sku, capacity: 1 } } });
}

/** @throws Error when the hub or the policy does not exist */
export async function hubConnectionString(state: State, hub: string, policy: string): Promise<string> {
  const { keyName, primaryKey } = await policyOf(state, hub, policy);
  return `HostName=${hubHostName(hub)};SharedAccessKeyName=${keyName};SharedAccessKey=${primaryKey}`;
}

/** @throws Error when the hub or the device does not exist */
export async function deviceConnectionString(state: State, hub: string, deviceId: string): Promise<string> {
  const host = hubHostName(hub);
  const authorization = sasOf(host, await policyOf(state, hub, 'iothubowner'));
  const path = `/devices/${encodeURIComponent(deviceId)}?api-version=${DEVICE_API}`;
  const device = (await send(state, { host, method: 'GET', path, authorization })) as {
    authentication: { symmetricKey: { primaryKey: string } };
  };
  return `HostName=${host};DeviceId=${deviceId};SharedAccessKey=${device.authentication.symmetricKey.primaryKey}`;
}

async function policyOf(state: State, hub: string, policy: string): Promise<Policy> {
  const authorization = await armToken(state);
  const list = `/subscriptions/${state.subscriptionId}/providers/Microsoft.Devices/IotHubs?api-version=${HUB_API}`;
  const { value } = (await send(state, { host: ARM_HOST, method: 'GET', path: list, authorization })) as {
    value: { id: string; name: string }[];
  };
  const found = value.find(({ name }) => name.toLowerCase() === hub.toLowerCase());
  if (found === undefined) throw new Error(`there is no hub '${hub}'; there ${known(value.map(({ name }) => name))}`);
  const path = `${found.id}/IotHubKeys/${encodeURIComponent(policy)}/listkeys?api-version=${HUB_API}`;
  return (await send(state, { host: ARM_HOST, method: 'POST', path, authorization })) as Policy;
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
          else
            reject(
              new Error(`${method} https://${host}${path.split('?', 1)[0] ?? ''} answered ${statusCode}: ${answer}`),
            );
        }, reject);
      },
    );
    call.once('error', reject);
    call.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
