import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { major, minVersion, satisfies } from 'semver';
import which from 'which';
import { cacheFolder } from './cache';
import { checkoutFolder } from './checkout';
import { languageHost, ownHostIsBuilt } from './environment';
import { type Places, search } from './locate';
import { findGo, findPip } from './prerequisites';
import { run } from './run';
import { goNeeded } from './sources/pulumi-go';
import { SPECS } from './specs';
import type { Attempt, Located, ToolName, ToolSpec } from './types';
import { versionIn } from './version';

/** One thing that running Groundswell needs, and whether this machine has it. */
export interface Inspection {
  readonly name: string;
  /**
   * `found`; `obtainable`: not here, but the next run can get it; `absent`: not here, and nothing fails for want of it;
   * `missing`: not here or too old, and a run would fail
   */
  readonly status: 'found' | 'obtainable' | 'absent' | 'missing';
  readonly path?: string;
  readonly version?: string;
  /** the versions that will do */
  readonly needed: string;
  /** where it was found, what will happen, or how to mend it */
  readonly note: string;
}

/** Whether all that a run needs is here or can be had. */
export const sufficient = (inspections: readonly Inspection[]): boolean =>
  inspections.every(({ status }) => status !== 'missing');

/** Looks at everything a run needs. Changes nothing; asks a release page only when a tool is neither here nor buildable. */
export async function inspect(
  specs: Readonly<Record<ToolName, ToolSpec>> = SPECS,
  places: Places = { cache: cacheFolder(), path: process.env['PATH'] ?? '' },
): Promise<readonly Inspection[]> {
  const [npm, temporal, pulumi, pip, go] = await Promise.all([
    inspectNpm(places.path),
    search(specs.temporal, places),
    search(specs.pulumi, places),
    inspectPip(places.path),
    inspectGo(places.path),
  ]);
  return [
    inspectNode(),
    npm,
    await inspectTool(specs.temporal, temporal),
    await inspectTool(specs.pulumi, pulumi),
    inspectHost(pulumi.located, places.path),
    pip,
    go,
  ];
}

function inspectNode(): Inspection {
  const manifest = JSON.parse(readFileSync(join(checkoutFolder(), 'package.json'), 'utf8')) as {
    engines: { node: string };
  };
  const needed = manifest.engines.node;
  const found = { name: 'node', path: process.execPath, version: process.versions.node, needed };
  if (satisfies(process.versions.node, needed)) return { ...found, status: 'found', note: 'runs this command' };
  const oldest = minVersion(needed)?.version ?? needed;
  return { ...found, status: 'missing', note: `install Node.js ${oldest} or newer (https://nodejs.org)` };
}

const NPM_NEEDED = '>=10';

async function inspectNpm(searchPath: string): Promise<Inspection> {
  const path = await which('npm', { nothrow: true, path: searchPath });
  const version = path ? versionIn(await run(path, ['--version']).catch(() => '')) : undefined;
  const mend = 'comes with Node.js (https://nodejs.org)';
  if (!path || !version) return { name: 'npm', status: 'missing', needed: NPM_NEEDED, note: mend };
  const ok = satisfies(version, NPM_NEEDED);
  return {
    name: 'npm',
    status: ok ? 'found' : 'missing',
    path,
    version,
    needed: NPM_NEEDED,
    note: ok ? 'on PATH' : mend,
  };
}

async function inspectTool(
  spec: ToolSpec,
  { located, attempts }: { located?: Located; attempts: readonly Attempt[] },
): Promise<Inspection> {
  const row = { name: spec.tool, needed: `>=${spec.minimum} <${major(spec.minimum) + 1}` };
  if (located) {
    const note = located.source === 'path' ? 'on PATH' : 'in the cache';
    return { ...row, status: 'found', path: located.path, version: located.version, note };
  }
  const obstacles: string[] = attempts.map(({ source, reason }) => `${source}: ${reason}`);
  // the last source first: it is the one that needs no look at the network
  for (const source of [...spec.sources].reverse()) {
    const obstacle = await source.obstacle();
    if (obstacle === undefined) {
      const note = `the next quickstart or test run installs ${spec.pinned} (${source.name}, ${source.usually})`;
      return { ...row, status: 'obtainable', version: spec.pinned, note };
    }
    obstacles.push(`${source.name}: ${obstacle}`);
  }
  return { ...row, status: 'missing', note: `${spec.nextStep} (${obstacles.join('; ')})` };
}

function inspectHost(pulumi: Located | undefined, path: string): Inspection {
  const row = { name: 'pulumi language host for Node', needed: 'any' };
  const host = languageHost(pulumi ?? { tool: 'pulumi', path: '/', version: '', source: 'path' }, { PATH: path });
  if (host.source === 'official') return { ...row, status: 'found', path: host.path, note: 'came with pulumi' };
  if (ownHostIsBuilt()) return { ...row, status: 'found', path: host.path, note: 'of this checkout' };
  return { ...row, status: 'obtainable', path: host.path, note: 'run `npm run build`; quickstart and tests do so' };
}

async function inspectPip(path: string): Promise<Inspection> {
  const pip = await findPip(path);
  const row = { name: 'python with pip', needed: 'any' };
  if (pip)
    return { ...row, status: 'found', path: pip.path, version: `pip ${pip.version}`, note: 'can install temporal' };
  return { ...row, status: 'absent', note: 'installs temporal where the official download cannot be reached' };
}

async function inspectGo(path: string): Promise<Inspection> {
  const go = await findGo(path);
  const row = { name: 'go', needed: `>=${goNeeded()}` };
  if (go) return { ...row, status: 'found', path: go.path, version: go.version, note: 'can build pulumi' };
  return { ...row, status: 'absent', note: 'builds pulumi where the official download cannot be reached' };
}
