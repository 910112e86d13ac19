import { type HealthServer, type HealthSource, serveHealth, type WorkerState } from '../../worker/health';

const RUNNING: WorkerState = { runState: 'RUNNING', workflowPollerState: 'POLLING', activityPollerState: 'POLLING' };

let server: HealthServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function asked(path: string, source: Partial<HealthSource>, method = 'GET') {
  const whole = { state: () => RUNNING, reachTemporal: () => Promise.resolve(), ...source };
  server = await serveHealth({ host: '127.0.0.1', port: 0 }, whole);
  const response = await fetch(`${server.url}${path}`, { method });
  return { status: response.status, text: (await response.text()).trim() };
}

const OK = { status: 200, text: 'ok' };
const away = () => Promise.reject(new Error('14 UNAVAILABLE: secret.example.com'));

it.each<[string, Partial<HealthSource>, object, object]>([
  ['polls', {}, OK, OK],
  ['has no worker yet', { state: () => undefined }, OK, { status: 503, text: 'the worker is starting' }],
  ['cannot reach Temporal', { reachTemporal: away }, OK, { status: 503, text: 'Temporal does not answer' }],
  [
    'gets no answer of Temporal in time',
    { reachTemporal: () => new Promise(() => undefined) },
    OK,
    { status: 503, text: 'Temporal does not answer' },
  ],
  [
    'drains',
    { state: () => ({ ...RUNNING, runState: 'DRAINING' }) },
    OK,
    { status: 503, text: 'the worker is draining' },
  ],
  [
    'stops',
    { state: () => ({ ...RUNNING, runState: 'STOPPING' }) },
    OK,
    { status: 503, text: 'the worker is stopping' },
  ],
  [
    'does not poll for workflows',
    { state: () => ({ ...RUNNING, workflowPollerState: 'SHUTDOWN' }) },
    OK,
    { status: 503, text: 'it does not poll for workflows' },
  ],
  [
    'does not poll for activities',
    { state: () => ({ ...RUNNING, activityPollerState: 'FAILED' }) },
    OK,
    { status: 503, text: 'it does not poll for activities' },
  ],
  [
    'has failed',
    { state: () => ({ ...RUNNING, runState: 'FAILED' }) },
    { status: 503, text: 'the worker is failed' },
    { status: 503, text: 'the worker is failed' },
  ],
])('says of a worker that %s whether it lives and is ready', async (_name, source, live, ready) => {
  await expect(asked('/livez', source)).resolves.toEqual(live);
  await server?.close();
  await expect(asked('/readyz?verbose', source)).resolves.toEqual(ready);
});

it('answers nothing else', async () => {
  await expect(asked('/', {})).resolves.toMatchObject({ status: 404 });
  await server?.close();
  await expect(asked('/readyz', {}, 'POST')).resolves.toMatchObject({ status: 405 });
  await server?.close();
  await expect(asked('/readyz', {}, 'HEAD')).resolves.toEqual({ status: 200, text: '' });
});

it('says when its address is taken', async () => {
  server = await serveHealth(
    { host: '127.0.0.1', port: 0 },
    { state: () => RUNNING, reachTemporal: () => Promise.resolve() },
  );
  const port = Number(new URL(server.url).port);
  const second = serveHealth(
    { host: '127.0.0.1', port },
    { state: () => RUNNING, reachTemporal: () => Promise.resolve() },
  );

  await expect(second).rejects.toMatchObject({ code: 'EADDRINUSE' });
});
