import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { isMap, parseDocument } from 'yaml';
import { capture } from './capture';
import type { Component } from './context';
import type { Environment } from './environment';
import { LOCAL_PULUMI_STACK, passphraseFile } from './passphrase';
import type { StatePaths } from './state';

/** @returns `env` leading Pulumi to the local stack's own state, away from what the user is signed in to */
export async function pulumiSettings(env: Environment, root: string, paths: StatePaths): Promise<Environment> {
  return {
    ...env,
    PULUMI_BACKEND_URL: `file://${paths.pulumiBackend}`,
    PULUMI_CONFIG_PASSPHRASE_FILE: await passphraseFile(root),
    PULUMI_HOME: paths.pulumiHome,
    PULUMI_STACK: LOCAL_PULUMI_STACK,
  };
}

/** What the infrastructure tells the rest of the stack. */
export interface Built {
  /** The stack's outputs as JSON, with secrets: for the stdin of programs. */
  readonly outputs: string;
  /** The enrollment group for the simulated devices; undefined where the user's settings have none that fits them. */
  readonly group: string | undefined;
}

/** Hubs, storage and enrollments by `groundswell up`. */
export const infrastructure: Component<{ readonly env: Environment; readonly telemetry: boolean }, Built> = {
  name: 'up',
  async start({ children, paths, root, say, signal }, { env, telemetry }) {
    const settings = await writeFirstSettings(root, telemetry);
    await children.run(2, {
      name: this.name,
      command: process.execPath,
      args: [join(root, 'dist/cli/main.js'), 'up', '--stack', LOCAL_PULUMI_STACK],
      env,
      cwd: root,
      logFile: paths.log(this.name),
      onNote: (line) => say(this.name, line),
    });
    const args = ['stack', 'output', '--json', '--show-secrets', '--stack', LOCAL_PULUMI_STACK, '--non-interactive'];
    const outputs = await capture('pulumi', args, { env, cwd: root, signal });
    return { outputs, group: fleetGroupIn(settings) };
  },
};

/** What comes and goes needs no protection, and whoever runs the local stack also registers its simulated devices. */
const FIRST_SETTINGS = { 'groundswell:protect': 'false', 'groundswell:registerDevices': 'true' };

/** Tags by which the examples find the simulated devices. */
const DOORS = { kind: 'door', building: 42 };

/** The enrollment group that the simulated devices come by. */
const FLEET_GROUP = 'devices';

/**
 * What a move between hubs needs (docs/allocation.md): two hubs, one for quarantine, and a group whose devices begin on
 * `main`, as the doors that the examples ask for, and go where the webhook says. It hangs together, so that whoever has set
 * a part of it has set all.
 */
const MOVE_SETTINGS = {
  'groundswell:hubs': { main: {}, east: {}, quarantine: { quarantine: true } },
  'groundswell:provisioning': 'true',
  'groundswell:allocationFunction': 'true',
  'groundswell:enrollmentGroups': {
    [FLEET_GROUP]: {
      attestation: { type: 'symmetricKey' },
      reprovisionPolicy: 'reprovisionAndMigrateData',
      hubs: ['main', 'east', 'quarantine'],
      allocation: { custom: { newDevices: ['main'] } },
      initialTwin: { tags: DOORS },
    },
  },
};

const TELEMETRY = 'groundswell:telemetry';
/** Processes of this machine read the event hub: functions of Azure do not run here. */
const TELEMETRY_SETTINGS = { hosts: 'processes' };

/** Settings that are there already are the user's; only what is missing is added. @returns the settings as they are then */
async function writeFirstSettings(root: string, telemetry: boolean): Promise<string> {
  const file = join(root, `Pulumi.${LOCAL_PULUMI_STACK}.yaml`);
  const settings = withFirstSettings(await textOf(file), telemetry);
  await writeFile(file, settings);
  return settings;
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

/**
 * @param settings a stack's settings file, or nothing
 * @param telemetry whether the stack is to have it: what an earlier call has set of it goes again; the user's own stays
 * @returns the same with what the local stack needs, where it is silent
 */
export function withFirstSettings(settings: string, telemetry: boolean): string {
  const document = parseDocument(settings);
  const isSet = (key: string): boolean => document.hasIn(['config', key]);
  const moves = Object.keys(MOVE_SETTINGS).some(isSet) ? {} : MOVE_SETTINGS;
  for (const [key, value] of Object.entries({ ...FIRST_SETTINGS, ...moves })) {
    if (!isSet(key)) document.setIn(['config', key], document.createNode(value));
  }
  if (telemetry && !isSet(TELEMETRY)) document.setIn(['config', TELEMETRY], document.createNode(TELEMETRY_SETTINGS));
  if (!telemetry && isTheirs(document.getIn(['config', TELEMETRY]))) document.deleteIn(['config', TELEMETRY]);
  return String(document);
}

/** Whether it is what {@link withFirstSettings} sets. */
const isTheirs = (telemetry: unknown): boolean =>
  isMap(telemetry) && isDeepStrictEqual(telemetry.toJSON(), TELEMETRY_SETTINGS);

/**
 * @param settings a stack's settings file
 * @returns the enrollment group by which simulated devices can come to the stack: by symmetric key, as the doors that the
 *          examples ask for; undefined when there is none
 */
export function fleetGroupIn(settings: string): string | undefined {
  const document = parseDocument(settings);
  const group = (...path: string[]): unknown =>
    document.getIn(['config', 'groundswell:enrollmentGroups', FLEET_GROUP, ...path]);
  const fits = group('attestation', 'type') === 'symmetricKey' && group('initialTwin', 'tags', 'kind') === DOORS.kind;
  return fits ? FLEET_GROUP : undefined;
}
