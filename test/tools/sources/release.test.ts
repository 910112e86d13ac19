import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pulumiRelease } from '../../../tools/sources/pulumi-release';
import { releaseSource } from '../../../tools/sources/release';
import { temporalRelease } from '../../../tools/sources/temporal-release';
import { temporaryFolder, writeProgram } from '../fake-tool';

const ARCHIVE = 'tool.tar.gz';
let folder: string;
let server: Server;
let files: Record<string, Buffer | string>;

beforeEach(async () => {
  folder = temporaryFolder();
  files = {};
  server = createServer(({ url = '' }, response) => {
    const body = files[url.slice(1)];
    response.writeHead(body === undefined ? 404 : 200).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterEach(async () => {
  rmSync(folder, { recursive: true, force: true });
  await new Promise((resolve) => server.close(resolve));
});

const sourceHere = () => {
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return releaseSource({ base, archive: ARCHIVE, checksums: 'sums.txt', binaries: 'tool' });
};

const fetchHere = () => sourceHere().fetch(folder, () => undefined, new AbortController().signal);

function publish({ digest }: { digest?: string } = {}): void {
  const work = temporaryFolder();
  writeProgram(join(work, 'tool'), 'temporal', 'temporal version 1.9.1');
  execFileSync('tar', ['-czf', join(work, ARCHIVE), '-C', work, 'tool']);
  const archive = readFileSync(join(work, ARCHIVE));
  rmSync(work, { recursive: true });
  const actual = createHash('sha256').update(archive).digest('hex');
  files = { [ARCHIVE]: archive, 'sums.txt': `${'0'.repeat(64)}  other.tar.gz\n${digest ?? actual}  ${ARCHIVE}\n` };
}

it('unpacks the archive when its checksum is the published one, and keeps nothing else', async () => {
  publish();

  await fetchHere();

  expect(execFileSync(join(folder, 'bin', 'temporal'), { encoding: 'utf8' })).toBe('temporal version 1.9.1\n');
  expect(execFileSync('ls', [folder], { encoding: 'utf8' })).toBe('bin\n');
});

it('refuses an archive with another checksum before anything of it is unpacked', async () => {
  publish({ digest: 'f'.repeat(64) });

  await expect(fetchHere()).rejects.toThrow(/checksum mismatch: expected SHA-256 f{64}, got [0-9a-f]{64}/);

  expect(execFileSync('ls', [folder], { encoding: 'utf8' })).toBe(`${ARCHIVE}\n`);
});

it('refuses an archive that the checksums do not name', async () => {
  publish();
  files['sums.txt'] = `${'0'.repeat(64)}  other.tar.gz\n`;

  await expect(fetchHere()).rejects.toThrow(`the list of checksums does not name ${ARCHIVE}`);
});

it('says which address failed and how', async () => {
  await expect(fetchHere()).rejects.toThrow(/could not get http:\/\/127\.0\.0\.1:\d+\/sums\.txt/);
  await expect(sourceHere().obstacle()).resolves.toMatch(/sums\.txt: status 404/);
});

it('asks for the archives under the names that the projects give them', () => {
  expect(temporalRelease('1.9.1', 'linux', 'x64').archive).toBe('temporal_cli_1.9.1_linux_amd64.tar.gz');
  expect(temporalRelease('1.9.1', 'sunos', 'x64').archive).toBeUndefined();
  expect(pulumiRelease('3.250.0', 'darwin', 'arm64').archive).toBe('pulumi-v3.250.0-darwin-arm64.tar.gz');
  expect(pulumiRelease('3.250.0', 'win32', 'x64').archive).toBe('pulumi-v3.250.0-windows-x64.zip');
});
