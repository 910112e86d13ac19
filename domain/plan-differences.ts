import type { HubName } from './ids';
import type { HubSku } from './limits';
import type { PlannedWave, PlanSummary } from './plan';

const skuText = ({ name, units }: HubSku): string => `${name} with ${units} unit${units === 1 ? '' : 's'}`;

const devices = (count: number): string => `${count} device${count === 1 ? '' : 's'}`;

function skuChanges(then: PlanSummary, now: PlanSummary): string[] {
  const known = new Map<HubName, string>(then.uses.map(({ hub, sku }) => [hub, skuText(sku)]));
  return now.uses.flatMap(({ hub, sku }) => {
    const was = known.get(hub) ?? 'not in the plan';
    return was === skuText(sku) ? [] : [`hub ${hub} was ${was} and is ${skuText(sku)}`];
  });
}

function waveChange(then: PlannedWave | undefined, now: PlannedWave | undefined): string[] {
  const index = then?.index ?? now?.index ?? 0;
  const [was, is] = [then?.deviceCount ?? 0, now?.deviceCount ?? 0];
  if (was !== is) return [`wave ${index} had ${devices(was)} and has ${is}`];
  return then?.members === now?.members ? [] : [`wave ${index} has other devices, ${is} as before`];
}

/**
 * Names what makes two plans of one rollout different, in sentences.
 *
 * @returns none when they do the same
 */
export function planDifferences(then: PlanSummary, now: PlanSummary): string[] {
  if (then.fingerprint === now.fingerprint) return [];
  const count = Math.max(then.waves.length, now.waves.length);
  const waves = Array.from({ length: count }, (_, position) => waveChange(then.waves[position], now.waves[position]));
  const skipped =
    then.skipped.count === now.skipped.count
      ? []
      : [`${then.skipped.count} were in the target state and ${now.skipped.count} are`];
  const pointed =
    then.move?.enrollments === now.move?.enrollments
      ? []
      : ['what the provisioning service says of the devices has changed'];
  const named = [...skuChanges(then, now), ...waves.flat(), ...skipped, ...pointed];
  return named.length > 0 ? named : ['the spec is another one'];
}
