import { type Release, releaseSource } from './release';

const SYSTEMS: Partial<Record<string, string>> = { linux: 'linux', darwin: 'darwin', win32: 'windows' };
const PROCESSORS: Partial<Record<string, string>> = { x64: 'x64', arm64: 'arm64' };

/** Where the project publishes the Pulumi CLI with its language hosts (names: get.pulumi.com/install.sh, release page). */
export function pulumiRelease(
  version: string,
  platform: string = process.platform,
  arch: string = process.arch,
): Release {
  const system = SYSTEMS[platform];
  const processor = PROCESSORS[arch];
  const extension = platform === 'win32' ? 'zip' : 'tar.gz';
  return {
    base: `https://github.com/pulumi/pulumi/releases/download/v${version}`,
    archive: system && processor && `pulumi-v${version}-${system}-${processor}.${extension}`,
    checksums: `pulumi-${version}-checksums.txt`,
    binaries: platform === 'win32' ? 'pulumi/bin' : 'pulumi',
  };
}

/** The Pulumi CLI from the project's release page. */
export const pulumiDownload = (version: string) => releaseSource(pulumiRelease(version));
