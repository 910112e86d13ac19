import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { fakeActivities, groundswell, startWorker, until } from './stand';

/** A port that stays free while nobody listens on it: below those that Linux gives to whoever asks for any. */
async function freePort(): Promise<number> {
  const port = randomInt(20_000, 32_000);
  const server = createServer().listen(port, '127.0.0.1');
  const isFree = await once(server, 'listening').then(
    () => true,
    () => false,
  );
  await new Promise((closed) => server.close(closed));
  return isFree ? port : freePort();
}

/** A Temporal server that keeps its state in a file, so that it can die and come back. */
async function startServer(port: number, database: string): Promise<ChildProcess> {
  const address = ['--ip', '127.0.0.1', '--port', String(port), '--headless'];
  const store = [
    '--db-filename',
    database,
    '--sqlite-pragma',
    'journal_mode=WAL',
    '--sqlite-pragma',
    'synchronous=NORMAL',
  ];
  const server = spawn('temporal', ['server', 'start-dev', ...address, ...store, '--log-level', 'never'], {
    stdio: 'ignore',
  });
  const connection = await Connection.connect({ address: `127.0.0.1:${port}`, connectTimeout: '240s' });
  await connection.close();
  return server;
}

async function kill(server: ChildProcess): Promise<void> {
  const gone = once(server, 'exit');
  server.kill('SIGKILL');
  await gone;
}

it('keeps watching while Temporal is away, says so, and sees the rollout to its end', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'groundswell-outage-'));
  const [port, database] = [await freePort(), join(folder, 'temporal.db')];
  const spec = join(folder, 'spec.yaml');
  await writeFile(
    spec,
    'apiVersion: groundswell/v1\nname: outage\ntarget: { hubs: [main], where: "*" }\naction: { method: { name: lockDoor } }\nwaves: [5, rest]\n',
  );
  let release = (): void => undefined;
  const gate = new Promise<void>((resolve) => (release = resolve));
  let server = await startServer(port, database);
  const address = `127.0.0.1:${port}`;
  const connection = await NativeConnection.connect({ address });
  const worker = await startWorker(connection, fakeActivities({ deviceCount: 10, gate: () => gate }));

  const watching = groundswell(address, 'rollout', 'start', spec, '--watch');
  await until(() => watching.out().includes('wave 1/2 started'));
  await kill(server);
  await until(() => watching.err().includes('Temporal does not answer; trying again.'));
  server = await startServer(port, database);
  await until(() => watching.err().includes('Temporal answers again.'));
  release();
  const code = await watching.code;

  expect(code).toBe(0);
  expect(watching.out()).toMatch(/completed after .*: 10 succeeded/);
  await worker.stop();
  await connection.close();
  await kill(server);
  await rm(folder, { recursive: true });
});
