import { join } from 'node:path';
import type * as Tools from '../../tools';
import { CliError, EXIT } from '../output';
import type { Say } from './context';
import type { Environment } from './environment';
import type { StatePaths } from './state';

/* eslint-disable @typescript-eslint/no-require-imports --
   Loads with the first command that needs a tool, so that help is instant. `import()` of a relative path would need file
   extensions in CommonJS output. */
const tools = () => require('../../tools') as typeof Tools;

/** Where the commands of a stack lie: our own, and those of the packages we use, such as iothub-emulator. */
export const binFolders = (root: string, { bin }: StatePaths): string[] => [bin, join(root, 'node_modules/.bin')];

/** A long step is mentioned again after this time. */
const REMIND_MS = 15_000;

/**
 * Finds temporal and pulumi, and installs what is missing.
 *
 * @returns `env` with these folders and both tools on PATH, and what pulumi needs to run a Node program
 * @throws CliError naming everything that was tried and the next step
 */
export async function withToolchain(
  env: Environment,
  folders: readonly string[],
  say: Say,
  signal?: AbortSignal,
): Promise<Environment> {
  const { ensure, pulumiEnvironment, temporalEnvironment, withTools } = tools();
  const onProgress = progressLines(say);
  const [temporal, pulumi] = await Promise.all([
    available(ensure('temporal', onProgress, signal)),
    available(ensure('pulumi', onProgress, signal)),
  ]);
  say('tools', `temporal ${temporal.version}, pulumi ${pulumi.version}`);
  const own = { path: folders, variables: {} };
  return withTools({ ...env }, temporalEnvironment(temporal), pulumiEnvironment(pulumi), own);
}

/**
 * Finds pulumi, and installs it when it is missing.
 *
 * @returns `env` with it on PATH, and what it needs to run a Node program
 * @throws CliError naming everything that was tried and the next step
 */
export async function withPulumi(env: Environment, say: Say, signal: AbortSignal): Promise<Environment> {
  const { ensure, pulumiEnvironment, withTools } = tools();
  return withTools({ ...env }, pulumiEnvironment(await available(ensure('pulumi', progressLines(say), signal))));
}

/** A tool that cannot be had is the user's to mend: the message says how, and no stack trace helps. */
async function available(located: Promise<Tools.Located>): Promise<Tools.Located> {
  try {
    return await located;
  } catch (error) {
    if (!(error instanceof tools().ToolUnavailableError)) throw error;
    throw new CliError(EXIT.failed, error.message, undefined, { cause: error });
  }
}

/** Makes a line of each new step, and of one that goes on for long. */
export function progressLines(say: Say): (progress: Tools.Progress) => void {
  const last = new Map<string, { readonly step: string; readonly elapsedMs: number }>();
  return ({ tool, step, elapsedMs, detail }) => {
    const before = last.get(tool);
    if (before?.step === step && elapsedMs - before.elapsedMs < REMIND_MS) return;
    last.set(tool, { step, elapsedMs });
    say(tool, `${step} (${Math.round(elapsedMs / 1000)} s${detail === '' ? '' : `, ${detail}`})`);
  };
}
