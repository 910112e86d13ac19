import { TableClient } from '@azure/data-tables';
import type { TokenCredential } from '@azure/identity';
import type { CalibrationStore, DeviceReader, RejectedStore, StateStore } from '../ports';
import { createCalibrationStore } from './calibrations';
import { createDeviceReader } from './reader';
import { createRejectedStore } from './rejected';
import { createStateStore } from './states';

/** The stack makes them: infra/components/telemetry.ts, TELEMETRY_TABLES. */
const TABLES = { states: 'DeviceState', calibrations: 'Calibration', rejected: 'Rejected' } as const;

export interface TelemetryTables {
  readonly states: StateStore;
  readonly calibrations: CalibrationStore;
  readonly rejected: RejectedStore;
}

/**
 * What the pipeline writes and reads.
 *
 * @param endpoint   `https://<account>.table.<suffix>/`
 * @param credential with Storage Table Data Contributor on the tables
 * @param fields     names of the fields of the settings
 */
export const telemetryTables = (
  endpoint: string,
  credential: TokenCredential,
  fields: readonly string[],
): TelemetryTables => ({
  states: createStateStore(new TableClient(endpoint, TABLES.states, credential)),
  calibrations: createCalibrationStore(new TableClient(endpoint, TABLES.calibrations, credential), fields),
  rejected: createRejectedStore(new TableClient(endpoint, TABLES.rejected, credential)),
});

/** What pages and gates read. @param credential with Storage Table Data Reader on DeviceState */
export const deviceReader = (endpoint: string, credential: TokenCredential): DeviceReader =>
  createDeviceReader(new TableClient(endpoint, TABLES.states, credential));
