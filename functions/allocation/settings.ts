import { z } from 'zod';
import { type AllocationRules, allocationRules } from './rules';

/** Where the webhook looks, and what it does with devices that no rollout moves. */
export interface WebhookSettings {
  /** `https://<account>.blob.<suffix>/<container>` */
  readonly containerUrl: string;
  /** Name of the provisioning service. */
  readonly service: string;
  readonly rules: AllocationRules;
}

const json = z.string().transform((text, { issues }) => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    issues.push({ code: 'custom', message: 'no JSON', input: text });
    return z.NEVER;
  }
});

/** The app settings of the function, as infra/components/allocation-function.ts gives them. */
const environment = z.object({
  LEDGER_ENDPOINT: z.url({ protocol: /^https$/ }),
  ALLOCATIONS_CONTAINER: z.string().min(1),
  PROVISIONING_SERVICE: z.string().min(1),
  ALLOCATION_RULES: json.pipe(allocationRules),
});

/** @throws Error naming every setting that is missing or wrong */
export function settingsFrom(env: Readonly<Record<string, string | undefined>>): WebhookSettings {
  const parsed = environment.safeParse(env);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw new Error(`the settings of the allocation function are not right: ${problems.join('; ')}`);
  }
  const { LEDGER_ENDPOINT, ALLOCATIONS_CONTAINER, PROVISIONING_SERVICE, ALLOCATION_RULES } = parsed.data;
  return {
    containerUrl: new URL(ALLOCATIONS_CONTAINER, LEDGER_ENDPOINT).href,
    service: PROVISIONING_SERVICE,
    rules: ALLOCATION_RULES,
  };
}
