import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Our commands and what they run, below `dist`. npm links them for whoever installs the package, not in a checkout. */
const COMMANDS = {
  groundswell: 'cli/main.js',
  'groundswell-worker': 'worker/main.js',
  'groundswell-fleet': 'device/main.js',
  'groundswell-functions': 'functions/local/main.js',
  'groundswell-telemetry': 'functions/local/consumer.js',
} as const;

const quoted = (value: string): string => `'${value.replaceAll("'", `'\\''`)}'`;

/** Puts our commands into a folder that `groundswell env` adds to PATH. */
export async function writeShims(dir: string, root: string): Promise<void> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  for (const [name, program] of Object.entries(COMMANDS)) {
    const script = `#!/bin/sh\nexec ${quoted(process.execPath)} ${quoted(join(root, 'dist', program))} "$@"\n`;
    await writeFile(join(dir, name), script, { mode: 0o700 });
  }
}
