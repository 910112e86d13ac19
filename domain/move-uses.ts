import type { HubName } from './ids';
import { type HubSku, jobSlots, queriesPerMinute, twinReadsPerSecond, twinUpdatesPerSecond } from './limits';
import type { HubUse } from './plan';
import type { RolloutSpec } from './spec';
import { LOOKUP } from './uses';

/** Rows of one page of a query. Source: IoT Hub query language, "Query result pagination". */
const PAGE = 100;

/**
 * Looks at one device that is awaited for so long: the first after a second, then each after a tenth of the time that it has
 * taken so far, at last each 10 s; where nobody told it to leave, each minute.
 */
function looksWithin(arriveWithinMs: number, most: number): number {
  let looks = 1;
  let at = 0;
  while (at < arriveWithinMs && at / 10 < most) {
    at += Math.max(1_000, at / 10);
    looks += 1;
  }
  return looks + Math.ceil(Math.max(0, arriveWithinMs - at) / most);
}

/** A hub that devices arrive on. */
export interface Arrivals {
  readonly hub: HubName;
  readonly sku: HubSku;
  readonly arriving: number;
  /** Devices that it has when the plan is made. */
  readonly has: number;
}

/** Pages of "who of them is there", and of "how many are there". */
const questions = ({ target }: RolloutSpec, has: number): number =>
  1 + (target.kind === 'devices' ? Math.ceil(target.devices.length / LOOKUP) : Math.max(1, Math.ceil(has / PAGE)));

/** Counts the calls that a move makes to a hub that devices arrive on, planning included, as `hubUse` does for the others. */
export function arrivalUse(spec: RolloutSpec, { hub, sku, arriving, has }: Arrivals): HubUse {
  const { action, retry } = spec;
  if (action.kind !== 'migrate') throw new Error('only a move has arrivals');
  const attempts = retry.on.length === 0 ? 1 : retry.attempts;
  const looks = looksWithin(action.arriveWithinMs, action.trigger.kind === 'wait' ? 60_000 : 10_000);
  const asked = questions(spec, has);
  const released = action.to === 'origin' ? arriving : 0;
  const calls: HubUse['calls'] = [
    { what: 'queries', count: asked, most: asked + 1, perMinute: queriesPerMinute(sku) },
    {
      what: 'twin reads',
      count: arriving,
      most: arriving * attempts * (looks + 1),
      perMinute: 60 * twinReadsPerSecond(sku),
    },
    { what: 'twin updates', count: released, most: released, perMinute: 60 * twinUpdatesPerSecond(sku) },
  ];
  return { hub, sku, jobSlots: jobSlots(sku), calls: calls.filter(({ most }) => most > 0) };
}
