import type { StackOutputs } from '../../spec/stack-outputs';
import { allocationRules } from '../allocation/rules';
import type { WebhookSettings } from '../allocation/settings';

/** What the local host needs for the allocation webhook. */
export interface WebhookHostSettings extends WebhookSettings {
  /** A secret. */
  readonly functionKey: string;
}

/** What the local host needs for the functions of telemetry. */
export interface TelemetryHostSettings {
  readonly tableEndpoint: string;
  readonly signalrEndpoint: string;
  /** A secret. */
  readonly functionKey: string;
  readonly signIn?: { readonly authority: string; readonly audience: string };
  /** Of pages. */
  readonly origins: readonly string[];
}

export interface HostSettings {
  readonly allocation?: WebhookHostSettings;
  readonly telemetry?: TelemetryHostSettings;
}

/** The same as the function's app settings. @throws Error naming what the stack does not have, without its value */
function webhookSettingsOf({ ledger, provisioning, allocation }: StackOutputs): WebhookHostSettings {
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
      `the allocation webhook cannot be served; not in the stack's outputs: ${missing.map(([name]) => name).join(', ')}`,
    );
  return {
    containerUrl: new URL(allocation.container, ledger.blobEndpoint).href,
    service: provisioning.name,
    rules: rules.data,
    functionKey,
  };
}

/** @returns undefined where the functions are Azure's to serve: then there is no key */
function telemetrySettingsOf({ telemetry }: StackOutputs): TelemetryHostSettings | undefined {
  if (telemetry?.functionKey === undefined) return undefined;
  const { tableEndpoint, signalrHost, functionKey, signIn, origins, pageUrl } = telemetry;
  return {
    ...{ tableEndpoint, functionKey },
    signalrEndpoint: `https://${signalrHost}`,
    ...(signIn && { signIn }),
    origins: [new URL(pageUrl).origin, ...origins],
  };
}

/** @throws Error naming what the stack does not have, without its value */
export function hostSettingsOf(outputs: StackOutputs): HostSettings {
  const telemetry = telemetrySettingsOf(outputs);
  const allocation = outputs.allocation && webhookSettingsOf(outputs);
  if (allocation === undefined && telemetry === undefined)
    throw new Error(
      'the stack has no functions to serve: allocationFunction: true makes the allocation webhook, telemetry: { hosts: processes } the functions of telemetry',
    );
  return { ...(allocation && { allocation }), ...(telemetry && { telemetry }) };
}
