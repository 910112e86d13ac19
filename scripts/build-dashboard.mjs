import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { build } from 'esbuild';
import { ROOT } from './bootstrap.mjs';

// Makes the files of the page (docs/dashboard.md). Policy and configuration are of one deployment: dashboard/site.ts.
const target = process.argv[2] ?? join(ROOT, 'dist', 'site');
await rm(target, { recursive: true, force: true });
await mkdir(target, { recursive: true });
const { metafile } = await build({
  entryPoints: { page: join(ROOT, 'dashboard', 'page', 'main.tsx') },
  outdir: target,
  entryNames: '[name]-[hash]',
  chunkNames: '[name]-[hash]',
  bundle: true,
  splitting: true, // signing in with Entra is large, and loaded only where it is configured
  minify: true,
  format: 'esm',
  platform: 'browser',
  target: ['chrome120', 'firefox121', 'safari17'],
  tsconfig: join(ROOT, 'dashboard', 'tsconfig.json'),
  absWorkingDir: ROOT,
  legalComments: 'linked',
  metafile: true,
  logLevel: 'warning',
});
const [script, { cssBundle }] = Object.entries(metafile.outputs).find(([, { entryPoint }]) =>
  entryPoint?.endsWith('main.tsx'),
);
const template = await readFile(join(ROOT, 'dashboard', 'page', 'index.html'), 'utf8');
const html = template.replace('%SCRIPT%', basename(script)).replace('%STYLE%', basename(cssBundle));
await writeFile(join(target, 'index.html'), html);
console.log(target);
