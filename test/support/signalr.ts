import { randomBytes } from 'node:crypto';

import { DefaultAzureCredential } from '@azure/identity';
import {
  HttpTransportType,
  type HubConnection,
  HubConnectionBuilder,
  type IHubProtocol,
  JsonHubProtocol,
  NullLogger,
} from '@microsoft/signalr';
import * as jwt from 'jsonwebtoken';

const ARM = 'https://management.azure.test';
const SUBSCRIPTION = process.env['ARM_SUBSCRIPTION_ID'] ?? '';
const GROUP = `/subscriptions/${SUBSCRIPTION}/resourceGroups/test-signalr`;
export const credential = new DefaultAzureCredential();

/** A request to the Resource Manager as the owner of the subscription. */
export async function arm(
  method: string,
  path: string,
  body?: object,
): Promise<{ readonly status: number; readonly headers: Headers; readonly body: Record<string, unknown> }> {
  const { token } = await credential.getToken(`${ARM}/.default`);
  const response = await fetch(`${ARM}${path}?api-version=2024-03-01`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const answer = JSON.parse(text === '' ? '{}' : text) as Record<string, unknown>;
  return { status: response.status, headers: response.headers, body: answer };
}

/** A SignalR service of a test. */
export interface TestService {
  readonly name: string;
  /** Id in the Resource Manager. */
  readonly id: string;
  readonly endpoint: string;
  readonly key: string;
}

export const serverless = (properties: object = {}): object => ({
  location: 'westeurope',
  sku: { name: 'Standard_S1', capacity: 1 },
  kind: 'SignalR',
  properties: { features: [{ flag: 'ServiceMode', value: 'Serverless' }], ...properties },
});

export async function createService(body = serverless()): Promise<TestService> {
  const name = `live-${randomBytes(5).toString('hex')}`;
  const id = `${GROUP}/providers/Microsoft.SignalRService/signalR/${name}`;
  await arm('PUT', GROUP, { location: 'westeurope' });
  const made = await arm('PUT', id, body);
  expect(made).toMatchObject({ status: 201, body: { properties: { hostName: `${name}.service.signalr.test` } } });
  const keys = await arm('POST', `${id}/listKeys`);
  return { name, id, endpoint: `https://${name}.service.signalr.test`, key: String(keys.body['primaryKey']) };
}

export const clientUrl = ({ endpoint }: TestService, hub = 'telemetry'): string => `${endpoint}/client/?hub=${hub}`;

/** A token of a client, as a negotiate function makes it of the access key. */
export const clientToken = (service: TestService, claims: object = {}, hub = 'telemetry'): string =>
  jwt.sign(claims, service.key, { audience: clientUrl(service, hub), expiresIn: 60 });

/** A request of a server, with a token of the access key for exactly that address. */
export function call({ endpoint, key }: TestService, method: string, path: string, body?: unknown): Promise<Response> {
  const [address = ''] = `${endpoint}${path}`.split('?');
  return fetch(`${endpoint}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${jwt.sign({}, key, { audience: address, expiresIn: 60 })}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

/** Broadcasts by the version of the API that has a date. */
export const API = 'api-version=2022-06-01';
export const broadcast = (service: TestService, target: string, ...args: unknown[]): Promise<Response> =>
  call(service, 'POST', `/api/hubs/telemetry/:send?${API}`, { target, arguments: args });

export interface ClientOptions {
  readonly transport?: HttpTransportType;
  readonly protocol?: IHubProtocol;
  readonly claims?: object;
  readonly hub?: string;
}

/** The official client, which has not begun yet. */
export function clientOf(
  service: TestService,
  { transport = HttpTransportType.WebSockets, protocol = new JsonHubProtocol(), claims, hub }: ClientOptions = {},
): HubConnection {
  return new HubConnectionBuilder()
    .withUrl(clientUrl(service, hub), { transport, accessTokenFactory: () => clientToken(service, claims, hub) })
    .withHubProtocol(protocol)
    .withAutomaticReconnect([0, 0, 0, 0])
    .configureLogging(NullLogger.instance)
    .build();
}

/** The next call of a method of the client, with its arguments. */
export const nextCall = (connection: HubConnection, method: string): Promise<unknown[]> =>
  new Promise((resolve) => {
    const once = (...args: unknown[]): void => {
      connection.off(method, once);
      resolve(args);
    };
    connection.on(method, once);
  });

/** Why a connection ended for good. */
export const closeOf = (connection: HubConnection): Promise<string | undefined> =>
  new Promise((resolve) => connection.onclose((error) => resolve(error?.message)));
