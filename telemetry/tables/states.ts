import { type TableClient } from '@azure/data-tables';
import type { StateStore, WriteResult } from '../ports';
import { deviceRow } from './keys';
import { codeOf } from './faults';
import { type ReadRow, rowOf, stateOf } from './state-rows';

/** Source: learn.microsoft.com, "Table service error codes", here and below. The row is not as the writer has read it. */
const CONFLICTS = new Set(['EntityAlreadyExists', 'UpdateConditionNotSatisfied', 'ResourceNotFound']);

/** The row will not fit, however often it is tried. */
const REFUSALS = new Set(['EntityTooLarge', 'PropertyValueTooLarge', 'RequestBodyTooLarge']);

function failedWrite(error: unknown): WriteResult {
  const code = codeOf(error);
  if (code !== undefined && CONFLICTS.has(code)) return { kind: 'conflict' };
  if (code !== undefined && REFUSALS.has(code)) return { kind: 'refused', reason: code };
  throw error;
}

/**
 * The table DeviceState for the pipeline. The SDK tries again what was throttled; what it has written without hearing so
 * shows as a conflict, and the row read then says that the batch is in it.
 */
export function createStateStore(table: TableClient): StateStore {
  return {
    async read(key) {
      const { partitionKey, rowKey } = deviceRow(key);
      try {
        const row = await table.getEntity<ReadRow>(partitionKey, rowKey);
        return { state: stateOf(row), etag: row.etag };
      } catch (error) {
        if (codeOf(error) === 'ResourceNotFound') return undefined;
        throw error;
      }
    },
    async write(key, state, etag) {
      const row = rowOf(key, state);
      try {
        const answer =
          etag === undefined ? await table.createEntity(row) : await table.updateEntity(row, 'Replace', { etag });
        if (answer.etag === undefined) throw new Error('the table service has answered a write without an etag');
        return { kind: 'written', etag: answer.etag };
      } catch (error) {
        return failedWrite(error);
      }
    },
  };
}
