import type { Judged } from './judge';
import { bounded, covering, type Range, standingOf, streamFor } from './seen';
import type { TelemetrySettings } from './settings';
import type { DeviceKey, DeviceState, Mark } from './state';
import { addToWindows } from './windows';

/** A device's part of a batch. */
export interface DeviceBatch {
  readonly key: DeviceKey;
  /** Name of the partition, as {@link DeviceState.seen} has it. */
  readonly stream: string;
  /** At least one. */
  readonly judged: readonly Judged[];
  /** Every message of the device in these is in `judged`, or in the row already. At least one, rising. */
  readonly cover: readonly Range[];
  /** When the last of them was taken by the event hub, ms since 1970. */
  readonly coverAtMs: number;
}

/** A row, once a batch is in it. */
export interface Applied {
  /** Undefined where the batch adds nothing: each of its messages is in the row, or too late. */
  readonly state?: DeviceState;
  readonly accepted: readonly Judged[];
  readonly rejected: readonly (Judged & { readonly kind: 'rejected' })[];
  readonly tooLate: readonly Judged[];
  readonly duplicateCount: number;
}

const isLater = (a: Mark, b: Mark | undefined): boolean =>
  b === undefined || a[0] > b[0] || (a[0] === b[0] && a[1] > b[1]);

const markOf = ({ message }: Judged): Mark => [message.atMs, message.sequence];

/** With what one message tells, where it is later than what told the same before. */
function told(state: DeviceState, judged: Judged, hub: string): DeviceState {
  const mark = markOf(judged);
  const { marks } = state;
  const reads = judged.kind === 'accepted' && isLater(mark, marks.reading);
  const versions = judged.version !== undefined && isLater(mark, marks.version);
  const sees = isLater(mark, marks.seen);
  return {
    ...state,
    ...(reads && { reading: judged.reading }),
    ...(versions && { version: judged.version }),
    ...(sees && { site: judged.site ?? hub }),
    marks: {
      ...marks,
      ...(reads && { reading: mark }),
      ...(versions && { version: mark }),
      ...(sees && { seen: mark }),
    },
  };
}

const emptyState = (hub: string): DeviceState => ({
  site: hub,
  count: 0,
  rejected: 0,
  marks: { seen: [-1, -1] },
  seen: {},
  windows: [],
});

/** Each message once, told apart by sequence number. */
const once = (judged: readonly Judged[]): readonly Judged[] => [
  ...new Map(judged.map((one) => [one.message.sequence, one])).values(),
];

/**
 * Adds a batch to a row. What a row holds after several batches does not depend on their order, on how messages were
 * cut into them, or on how often they came, as long as no gap had to be closed.
 *
 * @param state undefined for a device without a row
 */
export function apply(
  state: DeviceState | undefined,
  { key: { hub }, stream: name, judged, cover, coverAtMs }: DeviceBatch,
  settings: Pick<TelemetrySettings, 'seenRanges' | 'windowMinutes' | 'windowCount'>,
): Applied {
  const stream = streamFor(
    state?.seen[name],
    judged.map(({ message }) => message),
  );
  const messages = once(judged).map((one) => ({ one, standing: standingOf(stream, one.message) }));
  const of = (wanted: string) => messages.filter(({ standing }) => standing === wanted).map(({ one }) => one);
  const fresh = of('new');
  const rejected = fresh.filter((one) => one.kind === 'rejected');
  const accepted = fresh.filter((one) => one.kind === 'accepted');
  const counts = { accepted, rejected, tooLate: of('tooLate'), duplicateCount: of('duplicate').length };
  if (fresh.length === 0) return counts;

  const before = state ?? emptyState(hub);
  const after = fresh.reduce((sum, one) => told(sum, one, hub), before);
  const entries = fresh.map((one) => ({
    atMs: one.message.atMs,
    ...(one.kind === 'accepted' && { reading: one.reading }),
  }));
  return {
    ...counts,
    state: {
      ...after,
      count: before.count + accepted.length,
      rejected: before.rejected + rejected.length,
      seen: bounded({ ...before.seen, [name]: covering(stream, cover, coverAtMs) }, settings.seenRanges),
      windows: addToWindows(before.windows, entries, settings),
    },
  };
}
