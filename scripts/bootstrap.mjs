import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  buildIsCurrent,
  digestOfSources,
  markBuildCurrent,
  markPackagesCurrent,
  packagesAreCurrent,
} from './freshness.mjs';
import { run, StepError } from './process.mjs';
import { showStep } from './progress.mjs';

/** The folder of the checkout. */
export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * Brings the checkout from a fresh clone to ready: npm packages, build, temporal and pulumi. What is there and current
 * is left alone, so that a second time takes about a second.
 *
 * @param {AbortSignal} signal ends the step in hand and undoes what it left half done
 * @returns {Promise<NodeJS.ProcessEnv>} the environment in which temporal, pulumi and its Node language host are found
 * @throws {StepError}
 */
export async function bootstrap(signal) {
  await buildCheckout(signal);
  return ensureTools(signal);
}

/** The first half of {@link bootstrap}: npm packages and build. */
export async function buildCheckout(signal) {
  checkNode();
  if (!packagesAreCurrent(ROOT)) await installPackages(signal);
  if (!buildIsCurrent(ROOT)) await build(signal);
}

function checkNode() {
  const { engines } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const needed = engines.node.replace('>=', '').split('.').map(Number);
  const found = process.versions.node.split('.').map(Number);
  const [first] = needed.map((number, i) => found[i] - number).filter((difference) => difference !== 0);
  if (first === undefined || first > 0) return;
  const next = 'install a newer Node.js (https://nodejs.org) and run the same command again';
  throw new StepError('Check Node.js', `this is ${process.versions.node}, needed is ${engines.node}`, { next });
}

async function installPackages(signal) {
  const next = 'look at the output above; when a registry could not be reached, run the same command again';
  await npm('Install npm packages', '1 to 2 minutes', ['ci', '--no-audit', '--no-fund'], { next, signal });
  markPackagesCurrent(ROOT);
}

async function build(signal) {
  const sources = digestOfSources(ROOT);
  const next = 'mend the error above, or, when you changed nothing, `git status` shows what differs';
  await npm('Build', '20 to 50 s', ['run', 'build'], { next, signal });
  markBuildCurrent(ROOT, sources);
}

async function npm(step, usually, args, { next, signal }) {
  const [command, ...before] = npmCommand();
  // a silent npm above us would keep this one from saying what is wrong
  const env = { ...process.env, npm_config_loglevel: 'error' };
  await showStep(step, usually, async (update) => {
    const onLine = (line) => line.trim() !== '' && update(line.trim());
    const { code, how, lines } = await run(command, [...before, ...args], { cwd: ROOT, env, signal, onLine });
    if (code !== 0) throw new StepError(step, `\`npm ${args.join(' ')}\` ${how}`, { lines, next });
  });
}

/** The npm that started us, else the one on PATH. */
function npmCommand() {
  const { npm_execpath: started } = process.env;
  return started?.endsWith('.js') ? [process.execPath, started] : ['npm'];
}

/** The second half of {@link bootstrap}: temporal and pulumi, of which one may have to be compiled for minutes. */
export async function ensureTools(signal) {
  const tools = createRequire(import.meta.url)(join(ROOT, 'dist', 'tools', 'index.js'));
  const temporal = await ensureTool(tools, 'temporal', signal);
  const pulumi = await ensureTool(tools, 'pulumi', signal);
  return tools.withTools(process.env, tools.temporalEnvironment(temporal), tools.pulumiEnvironment(pulumi));
}

async function ensureTool(tools, name, signal) {
  const found = await tools.locate(name);
  if (found) return found;
  const usually = { temporal: 'under a minute', pulumi: 'a minute by download, 5 to 8 minutes when it must be built' };
  try {
    return await showStep(`Install ${name}`, usually[name], (update) =>
      tools.ensure(name, ({ step, detail }) => update(`${step}${detail && `, ${detail}`}`), signal),
    );
  } catch (error) {
    if (error.name !== 'ToolUnavailableError') throw error;
    throw new StepError(`Install ${name}`, error.message);
  }
}
