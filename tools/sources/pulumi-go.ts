import { readFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { checkoutFolder } from '../checkout';
import { findGo, goObstacle } from '../prerequisites';
import { run } from '../run';
import type { ReportStep, Source } from '../types';

const PACKAGE = 'github.com/pulumi/pulumi/pkg/v3/cmd/pulumi';
const VERSION_VARIABLE = 'github.com/pulumi/pulumi/sdk/v3/go/common/version.Version';
const NO_GO = 'no Go on PATH';

/** @returns the Go version that tools/pulumi/go.mod asks for */
export function goNeeded(): string {
  const module = readFileSync(join(checkoutFolder(), 'tools', 'pulumi', 'go.mod'), 'utf8');
  const version = /^go (\S+)$/m.exec(module)?.[1];
  if (version === undefined) throw new Error('tools/pulumi/go.mod names no Go version');
  return version;
}

/**
 * The Pulumi CLI built from the Go module proxy. tools/pulumi/go.mod and go.sum pin every module and its checksum; the
 * version is set at link time, since the Automation API refuses a CLI that tells none.
 */
export const pulumiFromGo = (version: string): Source => ({
  name: 'Go module build',
  usually: '5 to 8 minutes on 2 cores',
  obstacle: async () => {
    const go = await findGo();
    return go ? goObstacle(go, goNeeded()) : NO_GO;
  },
  async fetch(folder, report, signal) {
    const go = await findGo();
    if (!go) throw new Error(NO_GO);
    const work = join(folder, 'work');
    await mkdir(work);
    const options = { cwd: join(checkoutFolder(), 'tools', 'pulumi'), env: goEnvironment(work), signal };
    const fetching = counted(
      report,
      'fetch modules',
      (n) => `${n} fetched, usually 1 to 2 minutes`,
      /^go: downloading/,
    );
    const list = await run(go.path, ['list', '-mod=readonly', '-deps', PACKAGE], { ...options, onErrorLine: fetching });
    const packages = list.trim().split('\n').length;
    const compiling = counted(
      report,
      'compile',
      (n) => `${n} of ${packages} packages, usually 4 to 6 minutes`,
      /^[\w.-]+(\/|$)/,
    );
    const flags = ['-v', '-mod=readonly', '-buildvcs=false', '-ldflags', `-s -w -X ${VERSION_VARIABLE}=v${version}`];
    const output = join(folder, 'bin', process.platform === 'win32' ? 'pulumi.exe' : 'pulumi');
    await run(go.path, ['build', ...flags, '-o', output, PACKAGE], { ...options, onErrorLine: compiling });
    await rm(work, { recursive: true });
  },
});

/** No C compiler, no workspace and no flags of the user's take part; Go needs a home for its own caches, and leaves its work folder behind when it is interrupted. */
function goEnvironment(work: string): NodeJS.ProcessEnv {
  return { HOME: homedir(), ...process.env, CGO_ENABLED: '0', GOWORK: 'off', GOFLAGS: '', GOTMPDIR: work };
}

function counted(report: ReportStep, step: string, detail: (count: number) => string, pattern: RegExp) {
  let count = 0;
  report(step, detail(count));
  return (line: string) => {
    if (pattern.test(line)) report(step, detail(++count));
  };
}
