import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { configOf } from './core/config';
import { CONFIG_FILE } from './core/contract';
import { policyOf } from './core/policy';

/** One file of the site, as it is uploaded or served. */
export interface SiteFile {
  /** Its path, without a slash at the beginning. */
  readonly path: string;
  readonly contentType: string;
  readonly cacheControl: string;
  readonly body: Buffer;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
};

/** A file with a hash in its name never changes; of the two others each look asks whether there is a newer one. */
const cacheOf = (path: string): string =>
  /-[A-Z0-9]{8}\.(js|css)$/.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache';

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;');

const fileOf = (path: string, body: Buffer): SiteFile => ({
  path,
  contentType: TYPES[extname(path)] ?? 'application/octet-stream',
  cacheControl: cacheOf(path),
  body,
});

/**
 * The files of the page for one deployment: those of the build, index.html with the policy that the configuration makes,
 * and the configuration itself.
 *
 * @param folder what `npm run build:dashboard` has made: dist/site
 * @param raw what config.json will hold
 * @throws Error naming each field of the configuration that is wrong; or that the folder is not there
 */
export function siteFiles(folder: string, raw: unknown): SiteFile[] {
  const config = configOf(raw);
  const built = readdirSync(folder).map((path) => fileOf(path, readFileSync(join(folder, path))));
  return [
    ...built.map((file) =>
      file.path === 'index.html'
        ? { ...file, body: Buffer.from(file.body.toString().replace('%POLICY%', () => escaped(policyOf(config)))) }
        : file,
    ),
    fileOf(CONFIG_FILE, Buffer.from(JSON.stringify(config))),
  ];
}
