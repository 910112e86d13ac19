import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main } from '../../cli/main';
import { VERSION } from '../../cli/version';
import manifest from '../../package.json';
import { collectingIo } from './collecting-io';

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'groundswell-main-'))));
afterAll(() => rm(folder, { recursive: true }));

const file = async (name: string, text: string): Promise<string> => {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
};

const GOOD = `apiVersion: groundswell/v1
name: lock-doors
target: { hubs: [main], where: "*" }
action: { method: { name: lockDoor } }
waves: [5, rest]
`;
const BAD = `apiVersion: groundswell/v2
name: Lock Doors
target: { hubs: [main], where: "*" }
action: { method: { name: lockDoor } }
waves: [0, rest]
colour: red
`;

/** A loopback port where connections are counted. */
async function countingPort(): Promise<{ address: string; connections: () => number; close(): Promise<unknown> }> {
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not a TCP port');
  return {
    address: `127.0.0.1:${address.port}`,
    connections: () => connections,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}

it('has the version of its package', async () => {
  const io = collectingIo();

  expect(await main(['--version'], io)).toBe(0);
  expect(io.out()).toBe(`${manifest.version}\n`);
  expect(VERSION).toBe(manifest.version);
});

it('documents its exit codes in its help, on stdout', async () => {
  const io = collectingIo();

  expect(await main(['--help'], io)).toBe(0);
  expect(io.out()).toMatch(/3 +held, aborted, or an order that the rollout refused/);
});

it.each([
  ['an unknown command', ['rollouts']],
  ['an unknown option', ['rollout', 'status', 'lock-doors', '--loud']],
  ['a bad rollout id', ['rollout', 'status', 'Lock_Doors']],
  ['a bad id to start under', ['rollout', 'start', 'x.yaml', '--id', '-']],
  ['an order without a reason', ['rollout', 'abort', 'lock-doors']],
  ['a spec that is not there', ['rollout', 'plan', '/nowhere/spec.yaml']],
])('answers 2 to %s, on stderr', async (_what, argv) => {
  const io = collectingIo();

  expect(await main(argv, io)).toBe(2);
  expect(io.err()).toMatch(/^error: /);
  expect(io.out()).toBe('');
});

it('lists every mistake of a spec with its place, answers 2 and contacts nothing', async () => {
  const temporal = await countingPort();
  const io = collectingIo({ env: { TEMPORAL_ADDRESS: temporal.address } });
  const spec = await file('bad.yaml', BAD);

  const code = await main(['rollout', 'start', spec], io);
  const connections = temporal.connections();
  await temporal.close();

  expect(code).toBe(2);
  expect(io.err().split('\n')).toEqual([
    `${spec}:1:13 apiVersion: got "groundswell/v2"; allowed: groundswell/v1`,
    expect.stringMatching(/:2:7 name: got "Lock Doors"; allowed: lower-case letters/),
    expect.stringMatching(/:5:9 waves\[0\]: got 0; allowed: a whole number/),
    expect.stringMatching(/:6:9 colour: got "red"; allowed: one of the fields/),
    `error: ${spec} has 4 mistakes; nothing was contacted`,
    '',
  ]);
  expect(connections).toBe(0);
});

it('prints the mistakes as JSON when asked', async () => {
  const io = collectingIo();

  expect(await main(['rollout', 'plan', await file('bad.yaml', BAD), '--json'], io)).toBe(2);
  expect(JSON.parse(io.out())).toMatchObject({ problems: [{ path: 'apiVersion', line: 1, column: 13 }, {}, {}, {}] });
});

it('answers 1 with the next step when Temporal does not answer', async () => {
  const gone = await countingPort();
  await gone.close();
  const io = collectingIo({ env: { TEMPORAL_ADDRESS: gone.address } });

  expect(await main(['rollout', 'start', await file('good.yaml', GOOD)], io)).toBe(1);
  expect(io.err()).toContain(`error: Temporal does not answer at ${gone.address}`);
  expect(io.err()).toContain('npx groundswell dev');
});
