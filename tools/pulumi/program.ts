import { type ChildProcess, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { RunRequest } from '@pulumi/pulumi/proto/language_pb';

/** How a program ended, in the words of the LanguageRuntime service. */
export type ProgramEnd =
  | { readonly kind: 'succeeded' }
  /** it has reported its error to the user already */
  | { readonly kind: 'reported' }
  | { readonly kind: 'failed'; readonly error: string };

/** The exit code by which @pulumi/pulumi/cmd/run says that the user has seen the error. */
const ALREADY_REPORTED = 32;

/**
 * The command line of @pulumi/pulumi/cmd/run, which loads a program and connects it to the engine. It holds no
 * configuration: that may be secret, and argument lists can be read by others on the machine.
 */
export function argumentsOf(request: RunRequest, engineAddress: string): string[] {
  const options: readonly (readonly [string, string | undefined])[] = [
    ['monitor', request.getMonitorAddress()],
    ['engine', engineAddress],
    ['organization', request.getOrganization()],
    ['project', request.getProject()],
    ['root-directory', request.getInfo()?.getRootDirectory()],
    ['stack', request.getStack()],
    ['pwd', request.getPwd()],
    ['parallel', String(request.getParallel())],
  ];
  const given = options.flatMap(([name, value]) => (value ? [`--${name}`, value] : []));
  const entryPoint = request.getInfo()?.getEntryPoint() ?? '';
  return [...given, ...(request.getDryrun() ? ['--dry-run'] : []), entryPoint || '.', ...request.getArgsList()];
}

/** The variables that carry configuration and the `options` of `runtime` in Pulumi.yaml to the program. */
export function variablesOf(request: RunRequest): Record<string, string> {
  const config = Object.fromEntries(request.getConfigMap().toArray());
  const { typescript } = runtimeOptionsOf(request);
  return {
    PULUMI_CONFIG: JSON.stringify(config),
    PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
    PULUMI_NODEJS_TYPESCRIPT: String(typescript ?? true),
  };
}

/** `nodeargs` of the runtime's options, split at blanks. */
export function nodeArgumentsOf(request: RunRequest): string[] {
  return (runtimeOptionsOf(request).nodeargs ?? '').split(/\s+/).filter(Boolean);
}

interface RuntimeOptions {
  readonly typescript?: boolean;
  readonly nodeargs?: string;
}

function runtimeOptionsOf(request: RunRequest): RuntimeOptions {
  return request.getInfo()?.getOptions()?.toJavaScript() ?? {};
}

/**
 * Starts the program in a process of its own, whose output goes to the engine as that of the language host.
 *
 * @throws when the project has no @pulumi/pulumi
 */
export function startProgram(request: RunRequest, engineAddress: string): ChildProcess {
  const script = scriptFor('@pulumi/pulumi/cmd/run', request.getInfo()?.getProgramDirectory() || request.getPwd());
  const args = [...nodeArgumentsOf(request), script, ...argumentsOf(request, engineAddress)];
  return spawn(process.execPath, args, {
    cwd: request.getPwd(),
    env: { ...process.env, ...variablesOf(request) },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
}

/**
 * An entry point of the @pulumi/pulumi that a program has, not of ours.
 *
 * @throws when it has none
 */
export function scriptFor(entryPoint: `@pulumi/pulumi/cmd/${string}`, programFolder: string): string {
  try {
    return createRequire(join(programFolder, 'noop.js')).resolve(entryPoint);
  } catch (cause) {
    throw new Error(`@pulumi/pulumi is not installed for the program in ${programFolder}; run npm install there`, {
      cause,
    });
  }
}

/** Waits for the program's end. */
export function endOf(child: ChildProcess): Promise<ProgramEnd> {
  return new Promise((resolve) => {
    child.once('error', (error) =>
      resolve({ kind: 'failed', error: `the program could not be started: ${error.message}` }),
    );
    child.once('exit', (code, signal) => resolve(endFrom(code, signal)));
  });
}

function endFrom(code: number | null, signal: NodeJS.Signals | null): ProgramEnd {
  if (code === 0) return { kind: 'succeeded' };
  if (code === ALREADY_REPORTED) return { kind: 'reported' };
  const how = signal ? `was ended by ${signal}` : `ended with exit code ${code ?? 'unknown'}`;
  return { kind: 'failed', error: `the program ${how}` };
}
