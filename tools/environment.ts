import { existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import which from 'which';
import { checkoutFolder } from './checkout';
import type { Located } from './types';

/** What a program needs in its environment to use a tool. */
export interface ToolEnvironment {
  /** folders to put in front of PATH, the first one first */
  readonly path: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
}

const LANGUAGE_HOST = 'pulumi-language-nodejs';

/** The Node language host: the official one when it is there, else this project's own. */
export interface LanguageHost {
  readonly path: string;
  readonly source: 'official' | 'groundswell';
}

/** Looks beside pulumi, then on PATH; a pulumi built from Go comes without the official language host. */
export function languageHost(pulumi: Located, environment: NodeJS.ProcessEnv = process.env): LanguageHost {
  const own = join(ownHostFolder(), LANGUAGE_HOST);
  const path = [dirname(pulumi.path), environment['PATH'] ?? ''].join(delimiter);
  const found = which.sync(LANGUAGE_HOST, { all: true, nothrow: true, path })?.find((file) => file !== own);
  return found === undefined ? { path: own, source: 'groundswell' } : { path: found, source: 'official' };
}

/**
 * What plain `pulumi` needs to run a Node program: itself, a Node language host, and the plugin of dynamic providers,
 * which lies inside the @pulumi/pulumi package.
 */
export function pulumiEnvironment(pulumi: Located, environment: NodeJS.ProcessEnv = process.env): ToolEnvironment {
  const host = languageHost(pulumi, environment);
  return {
    path: [
      dirname(pulumi.path),
      ...(host.source === 'groundswell' ? [dirname(host.path)] : []),
      dirname(require.resolve('@pulumi/pulumi/package.json')),
    ],
    variables: { PULUMI_SKIP_UPDATE_CHECK: 'true' },
  };
}

/** What a program needs to start `temporal`. */
export const temporalEnvironment = (temporal: Located): ToolEnvironment => ({
  path: [dirname(temporal.path)],
  variables: {},
});

/** A copy of an environment with the tools' variables set and their folders in front of PATH, none of them twice. */
export function withTools(environment: NodeJS.ProcessEnv, ...tools: readonly ToolEnvironment[]): NodeJS.ProcessEnv {
  const folders = [...tools.flatMap(({ path }) => path), ...(environment['PATH'] ?? '').split(delimiter)];
  const variables = Object.fromEntries(tools.flatMap((tool) => Object.entries(tool.variables)));
  return { ...environment, ...variables, PATH: [...new Set(folders)].filter(Boolean).join(delimiter) };
}

/** Whether this project's language host can run: it is compiled with the rest of the product. */
export function ownHostIsBuilt(): boolean {
  return existsSync(join(checkoutFolder(), 'dist', 'tools', 'pulumi', 'language-host.js'));
}

const ownHostFolder = () => join(checkoutFolder(), 'tools', 'pulumi', 'bin');
