import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The part of a package.json that Pulumi reads (developer documentation, "Provider SDKs": the `pulumi` field). */
interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly pulumi?: {
    readonly resource?: boolean;
    readonly name?: string;
    readonly version?: string;
    readonly server?: string;
    readonly parameterization?: { readonly name: string; readonly version: string; readonly value: string };
  };
}

/** An npm package that is installed for a program. */
export interface InstalledPackage {
  readonly name: string;
  readonly version: string;
}

/** A resource plugin that an installed package speaks to. */
export interface RequiredPlugin {
  readonly name: string;
  /** with a leading v */
  readonly version: string;
  /** where to download it from when not from Pulumi's own server */
  readonly server?: string;
  readonly parameterization?: { readonly name: string; readonly version: string; readonly value: Buffer };
}

/** The plugins of all packages installed for the program in a folder. */
export function requiredPlugins(programFolder: string): RequiredPlugin[] {
  return installedManifests(programFolder).flatMap((manifest) => pluginOf(manifest) ?? []);
}

/**
 * The packages that a program depends on.
 *
 * @param transitive every installed package, not only those that its package.json names
 */
export function programDependencies(programFolder: string, transitive: boolean): InstalledPackage[] {
  const root = projectFolder(programFolder);
  const { dependencies, devDependencies } = root ? manifestIn(root) : {};
  const named = new Set(Object.keys({ ...dependencies, ...devDependencies }));
  return installedManifests(programFolder).flatMap(({ name, version }) =>
    name && version && (transitive || named.has(name)) ? [{ name, version }] : [],
  );
}

function pluginOf({ name, version, pulumi }: Manifest): RequiredPlugin | undefined {
  if (!pulumi?.resource || !name || !version) return undefined;
  const { parameterization, server } = pulumi;
  return {
    name: pulumi.name ?? name.replace(/^@pulumi\//, '').replace(/^@/, ''),
    version: `v${(pulumi.version ?? version).replace(/^v/, '')}`,
    ...(server && { server }),
    ...(parameterization && {
      parameterization: { ...parameterization, value: Buffer.from(parameterization.value, 'base64') },
    }),
  };
}

function installedManifests(programFolder: string): Manifest[] {
  const root = projectFolder(programFolder);
  const modules = root && join(root, 'node_modules');
  if (!modules || !existsSync(modules)) return [];
  const names = readdirSync(modules).filter((name) => !name.startsWith('.'));
  const scoped = (scope: string) => readdirSync(join(modules, scope)).map((name) => join(scope, name));
  return names
    .flatMap((name) => (name.startsWith('@') ? scoped(name) : [name]))
    .flatMap((name) => (existsSync(join(modules, name, 'package.json')) ? [manifestIn(join(modules, name))] : []));
}

function projectFolder(folder: string): string | undefined {
  if (existsSync(join(folder, 'package.json'))) return folder;
  return dirname(folder) === folder ? undefined : projectFolder(dirname(folder));
}

function manifestIn(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}
