import { join } from 'node:path';
import { bootstrap, ROOT } from './bootstrap.mjs';
import { main, run } from './process.mjs';

// Makes the checkout ready, then shows a whole rollout on the local stack (cli/commands/quickstart.ts).
await main(async (signal) => {
  const env = await bootstrap(signal);
  const args = [join(ROOT, 'dist', 'cli', 'main.js'), 'quickstart', ...process.argv.slice(2)];
  const { code } = await run(process.execPath, args, { cwd: ROOT, env, signal, show: true });
  return code;
});
