import { odata, RestError, type TableClient } from '@azure/data-tables';
import { type DeviceReader, type PageQuery, UnknownPage } from '../ports';
import { type DeviceDetail, type DeviceView, viewOf } from '../view';
import { windowsOf } from '../windows';
import { codeOf } from './faults';
import { deviceOf, deviceRow, keyOf } from './keys';
import { type ReadRow, shownOf } from './state-rows';

type ViewRow = Omit<ReadRow, 'Seen' | 'Windows'>;

/** `At` and `LastSeen` are in `Marks`. */
const VIEW = ['PartitionKey', 'RowKey', 'Reading', 'Site', 'Version', 'Count', 'Rejected', 'Marks'];
const DETAIL = [...VIEW, 'Windows'];

const viewOfRow = (row: ViewRow): DeviceView => viewOf(deviceOf(row), shownOf(row));
const detailOfRow = (row: ViewRow & Pick<ReadRow, 'Windows'>): DeviceDetail => ({
  ...viewOfRow(row),
  windows: windowsOf(row.Windows),
});

const filterOf = ({ hub, site }: Pick<PageQuery, 'hub' | 'site'>): string =>
  [hub !== undefined && odata`PartitionKey eq ${keyOf(hub)}`, site !== undefined && odata`Site eq ${site}`]
    .filter((part) => part !== false)
    .join(' and ');

/** Opaque to callers; checked, since it comes from them. */
function continuationOf(after: string): string {
  try {
    const { nextPartitionKey } = JSON.parse(Buffer.from(after, 'base64').toString()) as Record<string, unknown>;
    if (typeof nextPartitionKey === 'string') return after;
  } catch {
    // said below
  }
  throw new UnknownPage(after);
}

/** The table DeviceState for pages and gates. */
export function createDeviceReader(table: TableClient): DeviceReader {
  return {
    async page({ after, size, ...wanted }) {
      const pages = table
        .listEntities<ViewRow>({ queryOptions: { filter: filterOf(wanted), select: VIEW } })
        .byPage({ maxPageSize: size, ...(after !== undefined && { continuationToken: continuationOf(after) }) });
      try {
        for await (const rows of pages) {
          const token = rows.continuationToken;
          return { devices: rows.map(viewOfRow), ...(token !== undefined && { after: token }) };
        }
      } catch (error) {
        // All else that is asked comes from here, and is right.
        if (after !== undefined && error instanceof RestError && error.statusCode === 400) throw new UnknownPage(after);
        throw error;
      }
      return { devices: [] };
    },
    async one(key) {
      const { partitionKey, rowKey } = deviceRow(key);
      try {
        return detailOfRow(await table.getEntity<ReadRow>(partitionKey, rowKey, { queryOptions: { select: DETAIL } }));
      } catch (error) {
        if (codeOf(error) === 'ResourceNotFound') return undefined;
        throw error;
      }
    },
    async *all(hub) {
      const rows = table.listEntities<ReadRow>({ queryOptions: { filter: filterOf({ hub }), select: DETAIL } });
      for await (const row of rows) yield detailOfRow(row);
    },
  };
}
