import type { TableClient } from '@azure/data-tables';
import { z } from 'zod';
import type { Calibration, Calibrations, CalibrationStore, UnreadableCalibration } from '../ports';
import { codeOf } from './faults';
import { deviceRow } from './keys';

const calibration = z.strictObject({ slope: z.number().default(1), offset: z.number().default(0) });

function calibrationOf(cell: unknown): Calibration | UnreadableCalibration {
  try {
    return calibration.parse(JSON.parse(String(cell)));
  } catch {
    return { unreadable: String(cell) };
  }
}

/**
 * The table Calibration: a row for a device, a column for a field, such as `Celsius` = `{"slope":1.02,"offset":-0.4}`.
 *
 * @param fields that are read; other columns are left alone
 */
export function createCalibrationStore(table: TableClient, fields: readonly string[]): CalibrationStore {
  return {
    async read(key): Promise<Calibrations | undefined> {
      const { partitionKey, rowKey } = deviceRow(key);
      try {
        const row = await table.getEntity(partitionKey, rowKey);
        const known = fields.filter((name) => row[name] !== undefined && row[name] !== null);
        return Object.fromEntries(known.map((name) => [name, calibrationOf(row[name])]));
      } catch (error) {
        if (codeOf(error) === 'ResourceNotFound') return undefined;
        throw error;
      }
    },
  };
}
