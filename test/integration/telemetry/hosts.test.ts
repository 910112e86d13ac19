import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { DefaultAzureCredential } from '@azure/identity';
import { type HubConnection, HubConnectionBuilder, NullLogger } from '@microsoft/signalr';
import { Client, Message } from 'azure-iot-device';
import { Mqtt } from 'azure-iot-device-mqtt';
import { Registry } from 'azure-iothub';
import { deviceReader } from '../../../telemetry/tables';
import type { DeviceView } from '../../../telemetry/view';
import { eventually } from '../../support/eventually';
import { createTelemetryStand, type TelemetryStand } from '../../support/telemetry-stand';

const ROOT = resolve(__dirname, '../../..');
const DEVICES = 20;
const PARTITIONS = 4;
const TOKEN = randomBytes(24).toString('hex');
const credential = new DefaultAzureCredential();
const ids = Array.from({ length: DEVICES }, (_, index) => `pump-${index}`);
const siteOf = (id: string): string => (ids.indexOf(id) % 2 === 0 ? 'north' : 'söuth / 2');

let folder: string;
let stand: TelemetryStand;
let functionsUrl: string;
const children: ChildProcess[] = [];
const connections: HubConnection[] = [];
const devices = new Map<string, Client>();

interface Started {
  readonly process: ChildProcess;
  readonly partitions: Set<string>;
  /** It has read, as far as it has said. */
  readonly messages: () => number;
  readonly ready: string;
}

interface Line {
  readonly what?: string;
  readonly partition?: string;
  readonly messages?: number;
}

/** Starts a host as `groundswell dev` does, with the outputs on its stdin; what it logs says what it owns. */
async function start(script: string, args: readonly string[]): Promise<Started> {
  const child = spawn(process.execPath, [join(ROOT, 'dist/functions/local', script), '--outputs', '-', ...args]);
  children.push(child);
  const partitions = new Set<string>();
  const errors: string[] = [];
  let read = 0;
  createInterface(child.stderr).on('line', (line) => {
    errors.push(line);
    const { what, partition, messages } = (line.startsWith('{') ? JSON.parse(line) : {}) as Line;
    if (what === 'owns' && partition !== undefined) partitions.add(partition);
    if (what === 'gave back' && partition !== undefined) partitions.delete(partition);
    if (what === 'batches') read += messages ?? 0;
  });
  child.stdin.end(JSON.stringify(stand.outputs));
  const first = once(createInterface(child.stdout), 'line') as Promise<[string]>;
  const ended = once(child, 'close').then(() => Promise.reject(new Error(errors.join('\n'))));
  ended.catch(() => undefined); // later ends are told by the test itself
  const [ready] = await Promise.race([first, ended]);
  return { process: child, partitions, ready, messages: () => read };
}

/** Takes over from one that has died in 3 s, the least. */
const startReader = (): Promise<Started> => start('consumer.js', ['--ownership-seconds', '3']);

async function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  await once(child, 'close');
}

async function connect(id: string): Promise<void> {
  const { responseBody } = await Registry.fromConnectionString(stand.connectionString).create({ deviceId: id });
  const key = responseBody.authentication?.symmetricKey?.primaryKey ?? '';
  devices.set(id, Client.fromConnectionString(`HostName=${stand.hubHost};DeviceId=${id};SharedAccessKey=${key}`, Mqtt));
}

/** Each device sends as many messages, one after the other. */
async function sendAll(count: number, bodyOf: (turn: number) => string): Promise<void> {
  const sendOne = async ([id, device]: [string, Client]): Promise<void> => {
    for (let turn = 0; turn < count; turn += 1) {
      const message = new Message(bodyOf(turn));
      message.properties.add('site', siteOf(id));
      await device.sendEvent(message);
    }
  };
  await Promise.all([...devices].map(sendOne));
}

async function countsNow(): Promise<Record<string, number[]>> {
  const found: Record<string, number[]> = {};
  for await (const { deviceId, count, rejected } of deviceReader(stand.tableEndpoint, credential).all('west'))
    found[deviceId] = [count, rejected];
  return found;
}
const each = <Value>(value: Value): Record<string, Value> => Object.fromEntries(ids.map((id) => [id, value]));

/** The official client, with the page's way to sign in. */
async function follow(site?: string): Promise<{ readonly views: DeviceView[]; readonly hellos: unknown[] }> {
  const query = site === undefined ? '' : `?site=${encodeURIComponent(site)}`;
  const connection = new HubConnectionBuilder()
    .withUrl(`${functionsUrl}/api${query}`, { withCredentials: false, accessTokenFactory: () => TOKEN })
    .configureLogging(NullLogger.instance)
    .build();
  connections.push(connection);
  const got = { views: [] as DeviceView[], hellos: [] as unknown[] };
  connection.on('deviceStates', (views: DeviceView[]) => got.views.push(...views));
  connection.on('hello', (word: unknown) => got.hellos.push(word));
  await connection.start();
  return got;
}

/** The latest count of each device that a page has been told of. */
const latest = (views: readonly DeviceView[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { deviceId, count } of views) counts[deviceId] = Math.max(counts[deviceId] ?? 0, count);
  return counts;
};

const ask = (path: string, headers: Record<string, string> = {}, init: RequestInit = {}): Promise<Response> =>
  fetch(`${functionsUrl}/api/${path}`, { ...init, headers });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'telemetry-hosts-'));
  const tokenFile = join(folder, 'token');
  await writeFile(tokenFile, `${TOKEN}\n`, { mode: 0o600 });
  stand = await createTelemetryStand(credential, { partitions: PARTITIONS });
  const tls = join(process.env['IOTHUB_EMULATOR_STATE'] ?? '', 'tls');
  const listening = ['--listen', '127.0.0.1:0', '--token-file', tokenFile, '--origin', 'http://127.0.0.1:8080'];
  const args = [...listening, '--cert', join(tls, 'server.pem'), '--key', join(tls, 'server-key.pem')];
  const [{ ready }] = await Promise.all([start('main.js', args), ...ids.map(connect)]);
  functionsUrl = `https://127.0.0.1:${/:(\d+)$/.exec(ready)?.[1] ?? ''}`;
});
afterAll(async () => {
  await Promise.all(connections.map((connection) => connection.stop()));
  await Promise.all([...devices.values()].map((device) => device.close()));
  await Promise.all(children.map((child) => stop(child, 'SIGKILL')));
  await rm(folder, { recursive: true, force: true });
});

it('counts each message once, though one of two readers is killed and another takes its place', async () => {
  const first = await startReader();
  await eventually(() => expect(first.partitions.size).toBe(PARTITIONS));
  const second = await startReader();
  await eventually(() => expect([first.partitions.size, second.partitions.size]).toEqual([2, 2]));
  await sendAll(5, (turn) => JSON.stringify({ Celsius: turn === 4 ? 200 : 20, version: '1.0.0' }));
  await eventually(async () => expect(await countsNow()).toEqual(each([4, 1])));

  const sending = sendAll(10, () => '{"Celsius":21}');
  await stop(second.process, 'SIGKILL');
  const third = await startReader();
  await sending;

  await eventually(async () => expect(await countsNow()).toEqual(each([14, 1])));
  await eventually(() => expect(first.partitions.size + third.partitions.size).toBe(PARTITIONS));
});

it('tells a page of its site, and of no other; who follows all of all', async () => {
  const [north, all] = [await follow('north'), await follow()];

  await sendAll(1, () => '{"Celsius":22}');

  const northern = Object.fromEntries(ids.filter((id) => siteOf(id) === 'north').map((id) => [id, 15]));
  await eventually(() => expect(latest(north.views)).toEqual(northern));
  await eventually(() => expect(latest(all.views)).toEqual(each(15)));
  expect(new Set(north.views.map(({ site }) => site))).toEqual(new Set(['north']));
});

it('gives states by pages, and one device with its windows', async () => {
  const authorization = `Bearer ${TOKEN}`;

  const south = await ask(`getdevicestate?hub=west&site=${encodeURIComponent('söuth / 2')}`, { authorization });
  const one = await ask('getdevicestate?hub=west&device=pump-1', { authorization });

  const { devices: found } = (await south.json()) as { devices: DeviceView[] };
  expect(found.map(({ deviceId }) => deviceId).sort()).toEqual(ids.filter((id) => siteOf(id) !== 'north').sort());
  expect(await one.json()).toMatchObject({
    ...{ hub: 'west', deviceId: 'pump-1', site: 'söuth / 2', version: '1.0.0' },
    ...{ count: 15, rejected: 1, reading: { Celsius: 22 } },
    windows: expect.arrayContaining([expect.objectContaining({ fields: expect.anything() as unknown })]) as unknown,
  });
});

it('sends what who has the key wants to tell, to a site or to all', async () => {
  const [south, all] = [await follow('söuth / 2'), await follow()];
  const tell = (body: object) =>
    ask(
      'sendsignalrmessage',
      { 'x-functions-key': stand.functionKey, 'content-type': 'application/json' },
      { method: 'POST', body: JSON.stringify({ target: 'hello', ...body }) },
    );

  for (const [word, group] of [['a', 'site:north'], ['b', 'site:söuth / 2'], ['c']])
    expect((await tell({ arguments: [word], ...(group !== undefined && { group }) })).status).toBe(202);

  await eventually(() => expect(south.hellos).toEqual(['b', 'c']));
  await eventually(() => expect(all.hellos).toEqual(['c']));
});

type Shown = () => Promise<Record<string, string>>;
const none: Shown = () => Promise.resolve({});
const bearer =
  (token: string): Shown =>
  () =>
    Promise.resolve({ authorization: `Bearer ${token}` });
const key: Shown = () => Promise.resolve({ 'x-functions-key': stand.functionKey });
const ofAzure: Shown = async () => ({
  authorization: `Bearer ${(await credential.getToken('https://management.azure.test/.default')).token}`,
});
it.each([
  ['negotiate', 'POST', 'nothing', none],
  ['negotiate', 'POST', 'the function key', key],
  ['negotiate', 'POST', 'another token', bearer(`${TOKEN}0`)],
  ['getdevicestate', 'GET', 'nothing', none],
  ['getdevicestate', 'GET', 'the function key', key],
  ['getdevicestate', 'GET', 'a token for Azure', ofAzure],
  ['sendsignalrmessage', 'POST', 'nothing', none],
  ['sendsignalrmessage', 'POST', 'the token of the page', bearer(TOKEN)],
] satisfies [string, string, string, Shown][])('%s refuses a %s that shows %s', async (path, method, _, headers) => {
  const { status, headers: answered } = await ask(path, await headers(), { method });

  expect(status).toBe(401);
  expect(answered.get('access-control-allow-origin')).toBeNull();
});

it('finishes and notes what it has in hand when it is told to end: another goes on from there, and reads nothing twice', async () => {
  const readers = children.slice(1);
  await Promise.all(readers.map((child) => stop(child, 'SIGTERM')));
  expect(readers.map(({ exitCode, signalCode }) => exitCode ?? signalCode)).toEqual([0, 'SIGKILL', 0]);

  const last = await startReader();
  await sendAll(1, () => 'no JSON');

  await eventually(async () => expect(await countsNow()).toEqual(each([15, 2])));
  await stop(last.process, 'SIGTERM');
  expect(last.messages()).toBe(DEVICES);
});
