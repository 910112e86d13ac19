import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const INSTALLED = join('node_modules', '.groundswell-lock');
const BUILT = join('dist', '.groundswell-build');
const NOT_BUILT = new Set(['node_modules', 'dist', 'test', 'bench', 'docs', 'examples', 'scripts', 'coverage']);
const SOURCE = /\.([cm]?tsx?|json|css|html)$|^go\.(mod|sum)$/;

/** Whether node_modules is what package-lock.json says. */
export function packagesAreCurrent(root) {
  const lock = readIfThere(join(root, 'package-lock.json'));
  if (lock === undefined) throw new Error('package-lock.json is missing: this is not a whole checkout');
  if (readIfThere(join(root, INSTALLED)) === digest(lock)) return true;
  if (!installedByNpm(root, JSON.parse(lock))) return false;
  markPackagesCurrent(root);
  return true;
}

/** Remembers that node_modules is what package-lock.json says. */
export function markPackagesCurrent(root) {
  writeFileSync(join(root, INSTALLED), digest(readFileSync(join(root, 'package-lock.json'), 'utf8')));
}

/** npm lists what it has installed in a lockfile of its own, written last; `npm install` by hand is recognised by it. */
function installedByNpm(root, wanted) {
  const hidden = readIfThere(join(root, 'node_modules', '.package-lock.json'));
  if (hidden === undefined) return false;
  const installed = JSON.parse(hidden).packages;
  return Object.entries(wanted.packages).every(([path, { version, optional, link, peer }]) => {
    if (!path.startsWith('node_modules/') && !path.includes('/node_modules/')) return true;
    return installed[path] === undefined ? (optional ?? peer ?? false) : link || installed[path].version === version;
  });
}

/** Whether dist/ was built from the sources as they are. */
export function buildIsCurrent(root) {
  const [sources, builtAt] = (readIfThere(join(root, BUILT)) ?? '').split(' ');
  return builtAt === String(compiledAt(root)) && sources === digestOfSources(root);
}

/** Remembers that dist/ was built from sources with this digest. */
export function markBuildCurrent(root, sources) {
  writeFileSync(join(root, BUILT), `${sources} ${compiledAt(root)}`);
}

/** When the compiler last ran, whoever started it. */
function compiledAt(root) {
  const info = join(root, 'dist', '.tsbuildinfo');
  return existsSync(info) ? statSync(info).mtimeMs : 0;
}

/** A digest over names and contents of everything that the build reads. */
export function digestOfSources(root) {
  const hash = createHash('sha256');
  for (const file of sourcesIn(root)) hash.update(file.slice(root.length)).update(readFileSync(file));
  return hash.digest('hex');
}

function sourcesIn(folder) {
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return NOT_BUILT.has(entry.name) || entry.name.startsWith('.') ? [] : sourcesIn(path);
    return SOURCE.test(entry.name) ? [path] : [];
  });
}

const digest = (text) => createHash('sha256').update(text).digest('hex');
const readIfThere = (file) => (existsSync(file) ? readFileSync(file, 'utf8') : undefined);
