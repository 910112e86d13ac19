import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { ROOT } from './bootstrap.mjs';

// Makes the folder that is deployed to each function app (docs/allocation.md, docs/telemetry.md): one file, nothing to install.
const target = process.argv[2] ?? join(ROOT, 'dist', 'functions-package');
await rm(target, { recursive: true, force: true });
await mkdir(target, { recursive: true });
await build({
  entryPoints: [join(ROOT, 'functions', 'azure', 'main.ts')],
  outfile: join(target, 'main.js'),
  bundle: true,
  platform: 'node',
  target: 'node22', // infra/components/function-app.ts
  format: 'cjs',
  // Some packages ask in ES modules where they lie; in a bundle of CommonJS that would be nowhere.
  banner: { js: "const bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
  define: { 'import.meta.url': 'bundleUrl' },
  external: ['@azure/functions-core'], // the host provides it
  logLevel: 'warning',
});
const { version, license } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
const manifest = { name: 'groundswell-functions', version, private: true, license, main: 'main.js' };
await writeFile(join(target, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
await copyFile(join(ROOT, 'functions', 'azure', 'host.json'), join(target, 'host.json'));
console.log(target);
