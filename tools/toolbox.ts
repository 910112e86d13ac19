import { constants } from 'node:fs';
import { access, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { addToCache, cacheFolder, sweepStaging } from './cache';
import { reasonOf, ToolUnavailableError } from './errors';
import { interruptibly } from './interrupts';
import { type Places, search } from './locate';
import { withLock } from './lock';
import type { Attempt, Located, Progress, ReportStep, Source, ToolName, ToolSpec } from './types';

const TICK_MS = 1_000;

/** Finds and installs tools, in given places. */
export interface Toolbox {
  /** Finds a tool on PATH or in the cache; never installs. */
  readonly locate: (tool: ToolName) => Promise<Located | undefined>;
  /**
   * Finds a tool, or installs its pinned version into the cache.
   *
   * @param signal when aborted, what was begun is ended and removed. Without one, SIGINT, SIGTERM and SIGHUP do that
   *               during an installation, and are raised again afterwards
   * @throws ToolUnavailableError when no source could give it
   */
  readonly ensure: (
    tool: ToolName,
    onProgress?: (progress: Progress) => void,
    signal?: AbortSignal,
  ) => Promise<Located>;
}

/** Makes a toolbox; `places` is asked anew at each call, so that changes of the environment count. */
export function toolbox(
  specs: Readonly<Record<ToolName, ToolSpec>>,
  places: () => Places = () => ({ cache: cacheFolder(), path: process.env['PATH'] ?? '' }),
): Toolbox {
  return {
    locate: async (tool) => (await search(specs[tool], places())).located,
    ensure: async (tool, onProgress = () => undefined, signal) => {
      const { located } = await search(specs[tool], places());
      if (located) return located;
      const install = (stop: AbortSignal) => installOnce(specs[tool], places(), { onProgress, signal: stop });
      return signal ? install(signal) : interruptibly(install);
    },
  };
}

interface Watch {
  readonly onProgress: (progress: Progress) => void;
  readonly signal: AbortSignal;
}

async function installOnce(spec: ToolSpec, places: Places, { onProgress, signal }: Watch): Promise<Located> {
  const { report, close } = reporter(spec.tool, onProgress);
  const waiting = () => report('wait', 'another process is installing it');
  try {
    await prepareCache(spec, places);
    return await withLock(join(places.cache, spec.tool), { signal, waiting }, (stop) =>
      installFromSources(spec, places, report, stop),
    );
  } finally {
    close();
  }
}

async function prepareCache(spec: ToolSpec, { cache }: Places): Promise<void> {
  try {
    await mkdir(join(cache, spec.tool), { recursive: true });
    await access(join(cache, spec.tool), constants.W_OK);
  } catch (error) {
    const attempt = { source: 'cache', reason: `${cache} cannot be written: ${reasonOf(error)}` };
    const nextStep = 'set GROUNDSWELL_CACHE to a folder that can be written, then run the same command again';
    throw new ToolUnavailableError(spec.tool, spec.minimum, [attempt], nextStep);
  }
}

async function installFromSources(
  spec: ToolSpec,
  places: Places,
  report: ReportStep,
  signal: AbortSignal,
): Promise<Located> {
  const before = await search(spec, places);
  if (before.located) return before.located;
  await sweepStaging(places.cache, spec);
  const attempts: Attempt[] = [...before.attempts];
  for (const source of spec.sources) {
    const reason = await failureOf(() => installFrom(source, spec, { places, report, signal }));
    signal.throwIfAborted();
    if (reason !== undefined) attempts.push({ source: source.name, reason });
    const { located } = reason === undefined ? await search(spec, places) : {};
    if (located) return located;
  }
  throw new ToolUnavailableError(spec.tool, spec.minimum, attempts, spec.nextStep);
}

async function failureOf(work: () => Promise<void>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
}

function installFrom(
  source: Source,
  spec: ToolSpec,
  { places, report, signal }: { places: Places; report: ReportStep; signal: AbortSignal },
): Promise<void> {
  const step: ReportStep = (name, detail = `usually ${source.usually}`) => report(`${source.name}: ${name}`, detail);
  return addToCache(places.cache, spec, (folder) => source.fetch(folder, step, signal));
}

function reporter(tool: ToolName, onProgress: (progress: Progress) => void) {
  const startedAt = Date.now();
  let last = { step: 'start', detail: '' };
  const send = () => onProgress({ tool, ...last, elapsedMs: Date.now() - startedAt });
  const ticking = setInterval(send, TICK_MS);
  const report: ReportStep = (step, detail = '') => {
    if (step === last.step && detail === last.detail) return;
    last = { step, detail };
    send();
  };
  return { report, close: () => clearInterval(ticking) };
}
