import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { measureEngine } from './engine/place';
import { passes, type Report } from './measures';
import type { Servers } from './scenarios/context';
import { plans } from './scenarios/plans';
import { startChild, type Child } from './servers/child';
import { startEmulator, type EmulatorProcess } from './servers/emulator';
import { startMosquitto, type Mosquitto } from './servers/mosquitto';
import { mostOpenFiles } from './servers/usage';
import { tableOf } from './table';

/** Of the rollout engine: how many devices each has unless told otherwise. */
const ENGINE = { rollout: 10_000, 'rollout-20s': 10_000, history: 100_000, latency: 200, many: 2_000 } as const;
const isOfEngine = (name: string): name is keyof typeof ENGINE => name in ENGINE;
const NAMES = [
  'connections',
  'messages',
  'identities',
  'telemetry',
  'plans',
  ...(Object.keys(ENGINE) as (keyof typeof ENGINE)[]),
];
/** 10,000 connections and what else a process has open. */
const FILES_NEEDED = 10_500;

/** Those with as many connections. */
const CONNECTING: readonly string[] = ['connections', 'rollout', 'rollout-20s'];
const BENCH_HUB = { names: ['bench'], sku: 'S3' } as const;

function countOf(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) throw new InvalidArgumentError('a whole number of at least 1');
  return count;
}

const program = new Command('bench')
  .description(
    'Measures the emulator and the rollout engine. Exit code 1 when a threshold is breached or a scenario fails.',
  )
  .argument('[scenario...]', `any of ${NAMES.join(', ')}; all when none is named`)
  .option('--json', 'print the reports as JSON')
  .option('--devices <count>', 'size of the fleet, for the scenarios of the rollout engine', countOf)
  .action(async (named: string[], { json, devices }: { json?: boolean; devices?: number }) => {
    const unknown = named.filter((name) => !NAMES.some((each) => each === name));
    if (unknown.length > 0)
      throw new Error(`there is no scenario ${unknown.join(', ')}; there are ${NAMES.join(', ')}`);
    const wanted = NAMES.filter((name) => named.length === 0 || named.includes(name));
    if (wanted.some((name) => CONNECTING.includes(name))) checkOpenFiles();
    const reports: Report[] = [];
    for (const name of wanted) {
      process.stderr.write(`${name} …\n`);
      const report = isOfEngine(name)
        ? await measureEngine({ name, devices: devices ?? ENGINE[name] })
        : name === 'plans'
          ? await plans()
          : await withServers((servers, env) => measure(name, servers, env));
      reports.push(report);
      if (!json) process.stdout.write(`${tableOf([report])}\n`); // at once: what is measured is not lost with a later one
    }
    if (json) process.stdout.write(`${JSON.stringify(reports, null, 2)}\n`);
    if (!reports.every(({ measures }) => measures.every(passes))) process.exitCode = 1;
  });

/** @throws Error that says what to do */
function checkOpenFiles(): void {
  const most = mostOpenFiles();
  if (most >= FILES_NEEDED) return;
  throw new Error(
    `a process may have ${most} files open here and 10,000 connections need ${FILES_NEEDED}; ` +
      `raise the limit first: ulimit -n ${FILES_NEEDED} (as root, or in /etc/security/limits.conf)`,
  );
}

/** Each scenario has servers of its own, so that none inherits the memory of another. */
async function withServers<T>(work: (servers: Servers, env: NodeJS.ProcessEnv) => Promise<T>): Promise<T> {
  const stateDir = await mkdtemp(join(tmpdir(), 'iothub-bench-'));
  const children: Child[] = [];
  try {
    const emulator = await startEmulator(stateDir, BENCH_HUB);
    children.push(emulator);
    const tls = join(stateDir, 'tls');
    const bareTls = await startChild(process.execPath, [
      join(__dirname, 'servers', 'bare-tls.js'),
      ...[join(tls, 'server.pem'), join(tls, 'server-key.pem')],
    ]);
    children.push(bareTls);
    const mosquitto = await startMosquitto(stateDir);
    if (mosquitto) children.push(mosquitto);
    const ca = await readFile(join(tls, 'ca.pem'), 'utf8');
    return await work(serversOf(ca, emulator, bareTls, mosquitto), { ...process.env, ...emulator.env });
  } finally {
    await Promise.all(children.map((child) => child.stop()));
    await rm(stateDir, { recursive: true, force: true });
  }
}

function serversOf(
  ca: string,
  { pid, env, hubConnectionStrings: [hubConnectionString = ''] }: EmulatorProcess,
  bareTls: Child & { firstLine: string },
  mosquitto: Mosquitto | undefined,
): Servers {
  const redirects = JSON.parse(env.IOTHUB_EMULATOR_REDIRECTS ?? '[]') as { suffix: string; port: number; to: number }[];
  const portOf = (port: number): number =>
    redirects.find((each) => each.suffix === 'azure-devices.test' && each.port === port)?.to ?? 0;
  return {
    ca,
    hubConnectionString,
    emulator: { pid, mqttPort: portOf(8883), httpsPort: portOf(443) },
    mosquitto: mosquitto && { pid: mosquitto.pid, port: mosquitto.port },
    bareTls: { pid: bareTls.pid, port: Number(bareTls.firstLine) },
  };
}

/** @throws Error when the scenario ends without a report */
async function measure(name: string, servers: Servers, env: NodeJS.ProcessEnv): Promise<Report> {
  const child = fork(join(__dirname, 'run-scenario.js'), { env });
  child.send({ name, servers });
  const [report] = (await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(() => {
      throw new Error(`the scenario ${name} failed`);
    }),
  ])) as [Report];
  return report;
}

program.parseAsync().catch((error: unknown) => {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
