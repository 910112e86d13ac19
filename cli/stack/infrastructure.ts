import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
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

/** Hubs and storage by `groundswell up`. Gives the stack's outputs as JSON, with secrets: for the stdin of programs. */
export const infrastructure: Component<{ readonly env: Environment }, string> = {
  name: 'up',
  async start({ children, paths, root, say, signal }, { env }) {
    await writeFirstSettings(root);
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
    return capture('pulumi', args, { env, cwd: root, signal });
  },
};

/** What comes and goes needs no protection, and whoever runs the local stack also registers its simulated devices. */
const FIRST_SETTINGS = { 'groundswell:protect': 'false', 'groundswell:registerDevices': 'true' };

/**
 * What a move between hubs needs (docs/allocation.md): two hubs, one for quarantine, and a group whose devices begin on
 * `main` and go where the webhook says. It hangs together, so that whoever has set a part of it has set all.
 */
const MOVE_SETTINGS = {
  'groundswell:hubs': { main: {}, east: {}, quarantine: { quarantine: true } },
  'groundswell:provisioning': 'true',
  'groundswell:allocationFunction': 'true',
  'groundswell:enrollmentGroups': {
    devices: {
      attestation: { type: 'symmetricKey' },
      reprovisionPolicy: 'reprovisionAndMigrateData',
      hubs: ['main', 'east', 'quarantine'],
      allocation: { custom: { newDevices: ['main'] } },
    },
  },
};

/** Settings that are there already are the user's; only what is missing is added. */
async function writeFirstSettings(root: string): Promise<void> {
  const file = join(root, `Pulumi.${LOCAL_PULUMI_STACK}.yaml`);
  await writeFile(file, withFirstSettings(await textOf(file)));
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
 * @returns the same with what the local stack needs, where it is silent
 */
export function withFirstSettings(settings: string): string {
  const document = parseDocument(settings);
  const isSet = (key: string): boolean => document.hasIn(['config', key]);
  const moves = Object.keys(MOVE_SETTINGS).some(isSet) ? {} : MOVE_SETTINGS;
  for (const [key, value] of Object.entries({ ...FIRST_SETTINGS, ...moves })) {
    if (!isSet(key)) document.setIn(['config', key], document.createNode(value));
  }
  return String(document);
}
