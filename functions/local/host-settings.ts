import type { StackOutputs } from '../../spec/stack-outputs';
import { allocationRules } from '../allocation/rules';
import type { WebhookSettings } from '../allocation/settings';

/** What the local host needs of a stack. */
export interface HostSettings extends WebhookSettings {
  /** A secret. */
  readonly functionKey: string;
}

/**
 * The same as the function's app settings, from the outputs of the stack that has made them.
 *
 * @throws Error naming what the stack does not have, without its value
 */
export function hostSettingsOf({ ledger, provisioning, allocation }: StackOutputs): HostSettings {
  const functionKey = allocation && new URL(allocation.webhookUrl).searchParams.get('code');
  const rules = allocationRules.safeParse(allocation?.rules);
  const missing = Object.entries({
    'provisioning.name': provisioning?.name,
    'allocation.container': allocation?.container,
    'allocation.rules': rules.data,
    'the code in allocation.webhookUrl': functionKey,
  }).filter(([, value]) => !value);
  if (!provisioning || !allocation?.container || !rules.success || !functionKey)
    throw new Error(
      `the stack serves no allocation webhook (allocationFunction: true makes one); not in its outputs: ${missing.map(([name]) => name).join(', ')}`,
    );
  return {
    containerUrl: new URL(allocation.container, ledger.blobEndpoint).href,
    service: provisioning.name,
    rules: rules.data,
    functionKey,
  };
}
