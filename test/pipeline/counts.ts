import { setTimeout as sleep } from 'node:timers/promises';
import { makeDevices } from '../support/stack-programs';
import { startSending, stopSending } from '../support/telemetry-programs';
import type { PipelineStand } from './stand';

export interface CountsOptions {
  readonly devices: number;
  readonly everyMs: number;
  /** How long devices send before one of the consumers is killed, how long until it is started again, and how long after that. */
  readonly phasesMs: readonly [before: number, without: number, after: number];
}

/** The pipeline as this scenario needs it: readings carry when they were sent. */
export const COUNTS_SETTINGS = { fields: { Celsius: { min: -40, max: 80 }, SentAt: { min: 0, max: 1e15 } } };

/** Nothing more has come for so long: nothing more will. */
const DRAINED_AFTER_MS = 60_000;

/** Waits until the tables have as much as was sent, or nothing more comes. @returns how many messages each device has there */
async function drained(stand: PipelineStand, sent: Readonly<Record<string, number>>): Promise<Map<string, number>> {
  const all = Object.values(sent).reduce((sum, count) => sum + count, 0);
  let [had, changedAt] = [-1, Date.now()];
  for (;;) {
    const ours = (await stand.states()).filter(({ deviceId }) => deviceId in sent);
    const counts = new Map(ours.map(({ deviceId, count }) => [deviceId, count]));
    const has = [...counts.values()].reduce((sum, count) => sum + count, 0);
    if (has !== had) [had, changedAt] = [has, Date.now()];
    if (has >= all || Date.now() - changedAt > DRAINED_AFTER_MS) return counts;
    await sleep(500);
  }
}

/**
 * Devices send, two consumers read, one of them is killed and started again. @returns what is wrong, in words: a device whose count
 * is not what it has sent
 */
export async function countsProblems(
  stand: PipelineStand,
  { devices, everyMs, phasesMs: [before, without, after] }: CountsOptions,
): Promise<string[]> {
  const senders = stand.stack.programs();
  try {
    const named = Array.from({ length: devices }, (_, index) => ({
      deviceId: `pump-${String(index + 1).padStart(5, '0')}`,
    }));
    const keys = await stand.looks.run(makeDevices, { connectionString: stand.hub, devices: named });
    const identities = named.map(({ deviceId }, index) => ({ deviceId, connectionString: keys[index] ?? '' }));
    await senders.run(startSending, { devices: identities, everyMs });
    await sleep(before);
    await stand.consumers.killOne();
    await sleep(without);
    await stand.consumers.start();
    await sleep(after);
    const sent = await senders.run(stopSending, null);
    const stoppedAt = Date.now();
    const counts = await drained(stand, sent);
    measure(stand, { sent, drainMs: Date.now() - stoppedAt });
    const wrong = Object.entries(sent).filter(([deviceId, count]) => counts.get(deviceId) !== count);
    return [
      ...wrong.map(
        ([deviceId, count]) => `${deviceId} has sent ${count}, and ${counts.get(deviceId) ?? 'nothing'} were counted`,
      ),
      ...(await pageProblems(stand, devices)),
    ];
  } finally {
    senders.close();
  }
}

async function pageProblems({ page }: PipelineStand, devices: number): Promise<string[]> {
  const text = (await page.find('.counts').textContent()) ?? '';
  const shown = await page.find(`.counts[data-shown="${devices}"]`).count();
  return [...(shown === 1 ? [] : [`the page shows ${text}, not ${devices} devices`]), ...page.complaints];
}

function measure(
  { measured, page: { delays } }: PipelineStand,
  { sent, drainMs }: { readonly sent: Readonly<Record<string, number>>; readonly drainMs: number },
): void {
  const all = Object.values(sent).reduce((sum, count) => sum + count, 0);
  const sorted = [...delays].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? -1;
  measured.push(
    `${all} messages of ${Object.keys(sent).length} devices; all were counted ${drainMs} ms after the last was sent`,
    `from send to browser p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, most ${at(1)} ms, over ${sorted.length} states that it was told`,
  );
}
