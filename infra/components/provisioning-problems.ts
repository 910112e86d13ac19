import { networkProblems } from './iot-hub-problems';
import type { ProvisioningArgs } from './provisioning';

/** iot-dps-limits.md. */
const MAX_LINKED_HUBS = 50;
/** iot-dps/how-to-manage-linked-iot-hubs.md, "Allocation weight". */
const MAX_WEIGHT = 1000;

/** @returns a sentence a problem: field, value and what is allowed; none when Azure can make such a service */
export function provisioningProblems({ hubs, network }: ProvisioningArgs): string[] {
  const problems = hubs.flatMap(({ weight = 1 }, at) =>
    Number.isInteger(weight) && weight >= 1 && weight <= MAX_WEIGHT
      ? []
      : [`  hubs[${at}].weight: ${weight}, must be a whole number from 1 to ${MAX_WEIGHT}`],
  );
  if (hubs.length > MAX_LINKED_HUBS)
    problems.push(`  hubs: ${hubs.length}, a provisioning service links ${MAX_LINKED_HUBS} at the most`);
  return [...problems, ...networkProblems(network)];
}
