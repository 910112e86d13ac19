import type { Edm } from '@azure/data-tables';
import type { Seen, SeenStream } from '../seen';
import type { DeviceKey, DeviceState } from '../state';
import { type Reading, windowsOf, windowsText } from '../windows';
import { deviceRow } from './keys';

/** One device in the table DeviceState, as it is written. */
export interface StateRow {
  readonly partitionKey: string;
  readonly rowKey: string;
  /** JSON; none before the first reading. */
  readonly Reading?: string;
  /** Of the reading. */
  readonly At?: Date;
  readonly LastSeen: Date;
  readonly Site: string;
  readonly Version?: string;
  readonly Count: Edm<'Int64'>;
  readonly Rejected: Edm<'Int64'>;
  /** JSON: what orders messages; see {@link DeviceState.marks}. */
  readonly Marks: string;
  /** JSON: see {@link seenText}. */
  readonly Seen: string;
  /** JSON: see {@link windowsText}. */
  readonly Windows: string;
}

/** The same as it is read: 64-bit numbers come as bigint. Columns that were not selected are missing. */
export type ReadRow = Omit<StateRow, 'Count' | 'Rejected'> & { readonly Count: bigint; readonly Rejected: bigint };

interface StreamText {
  readonly r: SeenStream['ranges'];
  readonly t: number;
  readonly f?: number;
  readonly s?: number;
}

/** `{"<source>/<partition>":{"r":[[0,812]],"t":1763800800123}}`; f: floor, s: since. */
const seenText = (seen: Seen): string =>
  JSON.stringify(
    Object.fromEntries(
      Object.entries(seen).map(([name, { ranges: r, atMs: t, floor: f, sinceMs: s }]) => [
        name,
        { r, t, f, s } satisfies { [Key in keyof StreamText]: StreamText[Key] | undefined },
      ]),
    ),
  );

const seenOf = (text: string): Seen =>
  Object.fromEntries(
    Object.entries(JSON.parse(text) as Record<string, StreamText>).map(([name, { r: ranges, t: atMs, f, s }]) => [
      name,
      { ranges, atMs, ...(f !== undefined && { floor: f }), ...(s !== undefined && { sinceMs: s }) },
    ]),
  );

const int64 = (value: number): Edm<'Int64'> => ({ type: 'Int64', value: String(value) });

/** A row; whole, since a write replaces what is there. */
export const rowOf = (key: DeviceKey, state: DeviceState): StateRow => ({
  ...deviceRow(key),
  ...(state.reading && { Reading: JSON.stringify(state.reading) }),
  ...(state.marks.reading && { At: new Date(state.marks.reading[0]) }),
  LastSeen: new Date(state.marks.seen[0]),
  Site: state.site,
  ...(state.version !== undefined && { Version: state.version }),
  Count: int64(state.count),
  Rejected: int64(state.rejected),
  Marks: JSON.stringify(state.marks),
  Seen: seenText(state.seen),
  Windows: windowsText(state.windows),
});

type Shown = Omit<DeviceState, 'seen' | 'windows'>;

/** What of a row is shown: `Seen` and `Windows` need not be selected. */
export const shownOf = (row: Omit<ReadRow, 'Seen' | 'Windows'>): Shown => ({
  ...(row.Reading !== undefined && { reading: JSON.parse(row.Reading) as Reading }),
  site: row.Site,
  ...(row.Version !== undefined && { version: row.Version }),
  count: Number(row.Count),
  rejected: Number(row.Rejected),
  marks: JSON.parse(row.Marks) as DeviceState['marks'],
});

/** The reverse of {@link rowOf}. */
export const stateOf = (row: ReadRow): DeviceState => ({
  ...shownOf(row),
  seen: seenOf(row.Seen),
  windows: windowsOf(row.Windows),
});
