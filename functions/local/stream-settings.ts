import type { StackOutputs } from '../../spec/stack-outputs';
import { type TelemetrySettings, telemetrySettings } from '../../telemetry/settings';

/** What a process needs of a stack to read its messages. */
export interface StreamSettings {
  /** Host of the Event Hubs namespace. */
  readonly host: string;
  readonly eventHub: string;
  readonly consumerGroup: string;
  /** URL of a container. */
  readonly checkpoints: string;
  readonly tableEndpoint: string;
  readonly signalrEndpoint: string;
  readonly settings: TelemetrySettings;
}

/**
 * @param ownSettings in place of those that the stack was configured with
 * @throws Error naming what the stack does not have, or which setting is wrong
 */
export function streamSettingsOf({ telemetry }: StackOutputs, ownSettings?: unknown): StreamSettings {
  const { eventHubsHost: host, eventHub, consumerGroup, checkpointsUrl: checkpoints } = telemetry ?? {};
  if (!telemetry || !host || !eventHub || !consumerGroup || !checkpoints) {
    const missing = Object.entries({ eventHubsHost: host, eventHub, consumerGroup, checkpointsUrl: checkpoints })
      .filter(([, value]) => !value)
      .map(([name]) => `telemetry.${name}`);
    throw new Error(
      `the stack has no telemetry for processes of one's own (telemetry: { hosts: processes } makes it); not in its outputs: ${missing.join(', ')}`,
    );
  }
  return {
    ...{ host, eventHub, consumerGroup, checkpoints },
    tableEndpoint: telemetry.tableEndpoint,
    signalrEndpoint: `https://${telemetry.signalrHost}`,
    settings: telemetrySettings(ownSettings ?? telemetry.settings ?? {}),
  };
}
