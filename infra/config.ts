import * as pulumi from '@pulumi/pulumi';
import { z } from 'zod';

/** Units that a hub can have, by SKU (Azure IoT Hub, "Quotas and throttling"). Rollouts need jobs and twins: no Basic tier. */
const MAX_UNITS = { F1: 1, S1: 200, S2: 200, S3: 10 } as const;
const SKUS = ['F1', 'S1', 'S2', 'S3'] as const;

const hub = z
  .strictObject({
    sku: z.enum(SKUS).default('S1'),
    units: z.int().min(1).default(1),
  })
  .superRefine(({ sku, units }, context) => {
    if (units <= MAX_UNITS[sku]) return;
    context.addIssue({ code: 'custom', path: ['units'], message: `${sku} has at most ${MAX_UNITS[sku]} units` });
  });

const ONE_HUB = { main: hub.parse({}) };
const logicalName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,29}$/, 'a hub is named by up to 30 small letters, digits and hyphens');

const fleet = z.strictObject({
  location: z.string().min(1).default('westeurope'),
  protect: z.boolean().default(true),
  hubs: z
    .record(logicalName, hub)
    .refine((hubs) => Object.keys(hubs).length > 0, 'at least one hub is needed')
    .default(ONE_HUB),
});

/** The configuration of a stack, complete and checked. */
export type FleetConfig = z.output<typeof fleet>;

const describe = ({ path, message }: z.core.$ZodIssue): string => `  groundswell:${path.join('.')}: ${message}`;

/**
 * @param values raw values by key, as the stack has them; missing keys take their defaults
 * @throws pulumi.RunError that lists every problem, so that one correction is enough
 * @example parseConfig({}).hubs // => { main: { sku: 'S1', units: 1 } }
 */
export function parseConfig(values: unknown): FleetConfig {
  const parsed = fleet.safeParse(values);
  if (parsed.success) return parsed.data;
  throw new pulumi.RunError(`The stack's configuration is not valid:\n${parsed.error.issues.map(describe).join('\n')}`);
}

/** A configuration value as Pulumi stores it: text, which holds JSON for anything but text. */
function rawValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Reads and checks the configuration of the running stack. Keys that we do not know are problems too. */
export function readConfig(all: Readonly<Record<string, string>> = pulumi.runtime.allConfig()): FleetConfig {
  const own = Object.entries(all).filter(([key]) => key.startsWith('groundswell:'));
  return parseConfig(Object.fromEntries(own.map(([key, text]) => [key.slice('groundswell:'.length), rawValue(text)])));
}
