import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { buildCheckout, ensureTools, ROOT } from './bootstrap.mjs';
import { closingLine, countOf, failuresOf } from './count.mjs';
import { CHECKS, jestArguments, needsTools, parseArguments } from './parts.mjs';
import { main, run } from './process.mjs';

const MINUTE_MS = 60_000;
const LIMIT_MS = 40 * MINUTE_MS;

/**
 * Runs every stage, whatever became of those before it, the first while the tools are still made that later ones need.
 * Nothing is printed after the closing line.
 */
async function testAll(interrupted) {
  const { stages, forJest } = parseArguments(process.argv.slice(2));
  await buildCheckout(interrupted);
  const tools = stages.some(needsTools) ? ensureTools(interrupted) : undefined;
  tools?.catch(() => undefined); // thrown by the stage that needs them
  const home = join(ROOT, '.groundswell');
  mkdirSync(home, { recursive: true });
  const scratch = mkdtempSync(join(home, 'test-'));
  const total = { passed: 0, failed: 0, skipped: 0 };
  const failures = [];
  try {
    for (const stage of stages) {
      const env = testEnvironment(needsTools(stage) ? await tools : process.env);
      for (const { count, failures: some } of await runStage(stage, { env, forJest, scratch, interrupted })) {
        for (const [kind, number] of Object.entries(count)) total[kind] += number;
        failures.push(...some);
      }
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  for (const failure of failures) console.error(`\nFAILED ${failure}`);
  console.log(closingLine(total));
  return total.failed === 0 && total.passed > 0 ? 0 : 1;
}

/** Runs parts beside one another. The first one's output is shown as it comes; that of the others, once all have ended. */
async function runStage([first, ...others], options) {
  console.error(`\n== ${first}${others.length > 0 ? ` (beside it ${others.join(', ')}: below)` : ''}`);
  const asides = others.map((part) => {
    const file = join(options.scratch, `${part}.out`);
    const descriptor = openSync(file, 'w');
    const counting = timed(part, { ...options, show: descriptor }).finally(() => closeSync(descriptor));
    return { part, file, counting };
  });
  const all = await Promise.allSettled([timed(first, options), ...asides.map(({ counting }) => counting)]);
  tell(first, all[0]);
  for (const [index, { part, file }] of asides.entries()) {
    process.stderr.write(`\n== ${part}\n${readFileSync(file, 'utf8')}`);
    tell(part, all[index + 1]);
  }
  return all.map(({ reason, value }) => {
    if (reason !== undefined) throw reason;
    return value;
  });
}

async function timed(part, options) {
  const from = Date.now();
  const { note, failures, ...count } = await runPart(part, { show: true, ...options });
  const noted = note === undefined ? failures : [...failures, `${part}: ${note}`];
  return { count, failures: noted, seconds: Math.round((Date.now() - from) / 1000) };
}

function tell(part, { value }) {
  if (value !== undefined) console.error(`${part}: ${value.seconds} s`);
}

async function runPart(part, { interrupted, ...options }) {
  const limit = AbortSignal.timeout(LIMIT_MS);
  const signal = AbortSignal.any([interrupted, limit]);
  try {
    return part in CHECKS ? await runCheck(part, { ...options, signal }) : await runSuite(part, { ...options, signal });
  } catch (error) {
    if (!limit.aborted || interrupted.aborted) throw error;
    return { passed: 0, failed: 1, skipped: 0, failures: [], note: `not done after ${LIMIT_MS / MINUTE_MS} minutes` };
  }
}

async function runCheck(part, { env, signal, show }) {
  const { code } = await run(process.execPath, CHECKS[part], { cwd: ROOT, env, signal, show });
  const failures = code === 0 ? [] : [`${part}: exit code ${code}`];
  return { passed: 1 - failures.length, failed: failures.length, skipped: 0, failures };
}

async function runSuite(part, { env, signal, show, forJest, scratch }) {
  const outputFile = join(scratch, `${part}.json`);
  const args = jestArguments(part, { scratch, outputFile, forJest });
  const { code } = await run(process.execPath, args, { cwd: ROOT, env, signal, show });
  const report = existsSync(outputFile) ? JSON.parse(readFileSync(outputFile, 'utf8')) : undefined;
  return { ...countOf(report, { code, narrowed: forJest.length > 0 }), failures: failuresOf(report) };
}

/** Pulumi keeps what it knows of a user in the checkout, so that tests leave nothing elsewhere and need no HOME. */
function testEnvironment(env) {
  return { PULUMI_HOME: join(ROOT, '.groundswell', 'pulumi-home'), ...env };
}

await main(testAll);
