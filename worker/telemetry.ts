import type { TokenCredential } from '@azure/identity';
import type { Telemetry } from '../activities/checks/telemetry';
import type { TelemetrySource } from '../activities/health/source';
import type { StackOutputs } from '../spec/stack-outputs';
import type { DeviceReader } from '../telemetry/ports';
import { deviceReader } from '../telemetry/tables';
import { keyOf } from '../telemetry/tables/keys';

/** The table DeviceState, as checks of telemetry read it. Its rows are sorted by their keys. */
export const telemetrySourceOf = (reader: Pick<DeviceReader, 'all'>): TelemetrySource => ({
  keyOf,
  async *devices(hub) {
    for await (const { deviceId, lastSeen, windows } of reader.all(hub)) {
      yield { deviceId, lastSeenMs: Date.parse(lastSeen), windows };
    }
  },
});

/** What checks of telemetry need; undefined for a stack without telemetry. */
export const createTelemetry = (
  { telemetry }: Pick<StackOutputs, 'telemetry'>,
  credential: TokenCredential,
  plans: Telemetry['plans'],
): Telemetry | undefined =>
  telemetry && { source: telemetrySourceOf(deviceReader(telemetry.tableEndpoint, credential)), plans };
