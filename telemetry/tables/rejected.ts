import { createHash } from 'node:crypto';
import type { TableClient, TransactionAction } from '@azure/data-tables';
import type { RejectedMessage, RejectedStore } from '../ports';
import { keyOf } from './keys';

/** Of a body, in bytes: a column holds 64 KiB of UTF-16, and what is no UTF-8 is kept as base64. */
const BODY_BYTES = 32_768;
const BINARY_BYTES = (BODY_BYTES / 4) * 3;

/** Of one transaction. Source: learn.microsoft.com, "Performing entity group transactions": 100 entities, 4 MiB. */
const MOST_ROWS = 100;
const MOST_BYTES = 3 * 1024 * 1024;

/** Where messages go that name no device. */
const NAMELESS = 'unknown';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Leaves off a character of which the end is cut away. */
const textOf = (body: Uint8Array): string | undefined => {
  for (let end = Math.min(body.length, BODY_BYTES); end > Math.min(body.length, BODY_BYTES) - 4; end -= 1) {
    try {
      return utf8.decode(body.subarray(0, end));
    } catch {
      if (body.length <= BODY_BYTES) return undefined;
    }
  }
  return undefined;
};

function bodyColumns(body: Uint8Array) {
  const text = textOf(body);
  return {
    Body: text ?? Buffer.from(body.subarray(0, BINARY_BYTES)).toString('base64'),
    BodyEncoding: text === undefined ? 'base64' : 'utf8',
    BodyBytes: body.length,
  };
}

const sourceHash = (source: string): string => createHash('sha256').update(source).digest('hex').slice(0, 12);

/** The same message has the same key, however often it comes; rows of a partition are in order of time. */
function rowKeyOf({ source, partition, message: { sequence, enqueuedAtMs } }: RejectedMessage): string {
  const place = [String(sequence).padStart(16, '0'), keyOf(partition), sourceHash(source)];
  return [new Date(enqueuedAtMs).toISOString(), ...place].join('_');
}

const rejectedRow = (entry: RejectedMessage) => ({
  partitionKey: `${keyOf(entry.hub)}|${keyOf(entry.message.deviceId ?? NAMELESS)}`,
  rowKey: rowKeyOf(entry),
  Reason: entry.rejection.reason,
  ...(entry.rejection.field !== undefined && { Field: entry.rejection.field }),
  ...(entry.rejection.value !== undefined && { Value: entry.rejection.value }),
  ...bodyColumns(entry.message.body),
  At: new Date(entry.message.atMs),
  EnqueuedAt: new Date(entry.message.enqueuedAtMs),
  Source: entry.source,
  Partition: entry.partition,
  Sequence: { type: 'Int64', value: String(entry.message.sequence) },
});

type Row = ReturnType<typeof rejectedRow>;

/** What a transaction may hold: rows of one partition, none of them twice, so many and so large. */
function transactionsOf(rows: readonly Row[]): Row[][] {
  const transactions: Row[][] = [];
  let bytes = 0;
  for (const row of new Map(rows.map((one) => [`${one.partitionKey} ${one.rowKey}`, one])).values()) {
    const size = Buffer.byteLength(JSON.stringify(row)) + 1_024; // its own headers
    const last = transactions.at(-1);
    const fits = last?.[0]?.partitionKey === row.partitionKey && last.length < MOST_ROWS && bytes + size <= MOST_BYTES;
    if (last !== undefined && fits) last.push(row);
    else transactions.push([row]);
    bytes = fits ? bytes + size : size;
  }
  return transactions;
}

/** The table Rejected. */
export function createRejectedStore(table: TableClient): RejectedStore {
  return {
    async write(messages) {
      const rows = messages.map(rejectedRow).sort((a, b) => (a.partitionKey < b.partitionKey ? -1 : 1));
      for (const transaction of transactionsOf(rows)) {
        const [only, ...more] = transaction;
        if (only !== undefined && more.length === 0) await table.upsertEntity(only, 'Replace');
        else await table.submitTransaction(transaction.map((row): TransactionAction => ['upsert', row, 'Replace']));
      }
    },
  };
}
