import { type Release, releaseSource } from './release';

const SYSTEMS: Partial<Record<string, string>> = { linux: 'linux', darwin: 'darwin', win32: 'windows' };
const PROCESSORS: Partial<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/** Where the project publishes the Temporal CLI (names: .goreleaser.yml of github.com/temporalio/cli). */
export function temporalRelease(
  version: string,
  platform: string = process.platform,
  arch: string = process.arch,
): Release {
  const system = SYSTEMS[platform];
  const processor = PROCESSORS[arch];
  return {
    base: `https://github.com/temporalio/cli/releases/download/v${version}`,
    archive: system && processor && `temporal_cli_${version}_${system}_${processor}.tar.gz`,
    checksums: 'checksums.txt',
    binaries: '.',
  };
}

/** The Temporal CLI from the project's release page. */
export const temporalDownload = (version: string) => releaseSource(temporalRelease(version));
