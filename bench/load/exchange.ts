import { setTimeout as sleep } from 'node:timers/promises';

/** Requests that are sent again as soon as they are answered: one is under way in each slot. */
export interface Exchange {
  readonly slots: number;
  /** Sends the request of a slot. */
  readonly send: (slot: number) => void;
  /** Begins to listen for answers; whoever listened before hears no more. */
  readonly listen: (answered: (slot: number) => void) => void;
}

/** How long answers to what is out may take when a round ends. */
const DRAIN_MS = 10_000;

/**
 * Keeps an exchange going for `ms`, then waits until all that is out is answered.
 *
 * @returns answers per second
 * @throws Error when an answer never comes
 */
export async function rateOf(exchange: Exchange, ms: number): Promise<number> {
  let [answers, out, running] = [0, exchange.slots, true];
  exchange.listen((slot) => {
    answers += 1;
    if (running) exchange.send(slot);
    else out -= 1;
  });
  const startedAt = performance.now();
  for (let slot = 0; slot < exchange.slots; slot++) exchange.send(slot);
  await sleep(ms);
  const rate = (answers * 1000) / (performance.now() - startedAt);
  running = false;
  const deadline = Date.now() + DRAIN_MS;
  while (out > 0) {
    await sleep(5);
    if (Date.now() > deadline) throw new Error(`${out} of ${exchange.slots} requests were never answered`);
  }
  return rate;
}
