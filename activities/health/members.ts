import type { HubName } from '../../domain/ids';
import type { ChunkRef, Plans } from '../ledger/plans';
import { sortedLines } from './sorted-lines';
import type { SendingDevice, TelemetrySource } from './source';

/**
 * What a rollout has done with a device. `touched`: in a wave before, or in a part of this one that is not at rest, or
 * skipped since it was where it should be already: it is neither the wave's nor untouched.
 */
export type Membership = 'wave' | 'touched' | 'untouched';

/** Which devices of a plan a check is about. */
export interface WavePart {
  readonly wave: number;
  /** Parts of the wave that are not at rest. */
  readonly unfinished: readonly number[];
}

/** What became of a chunk's devices. */
function membershipOf({ kind, wave, part }: ChunkRef, about: WavePart): Membership {
  if (kind === 'leftOut' || wave > about.wave) return 'untouched';
  return kind === 'wave' && wave === about.wave && !about.unfinished.includes(part) ? 'wave' : 'touched';
}

export interface Planned {
  readonly plans: Pick<Plans, 'chunk'>;
  readonly chunks: readonly ChunkRef[];
  readonly about: WavePart;
}

/** How many devices of a plan have a membership on a hub. */
export const plannedCount = ({ chunks, about }: Planned, hub: HubName, membership: Membership): number =>
  chunks
    .filter((chunk) => chunk.hub === hub && membershipOf(chunk, about) === membership)
    .reduce((sum, { deviceCount }) => sum + deviceCount, 0);

/** A tab sorts before all that a key may hold, so that lines sort as their keys do. */
async function* markedLines({ plans, chunks, about }: Planned, hub: HubName, keyOf: TelemetrySource['keyOf']) {
  for (const chunk of chunks) {
    const membership = membershipOf(chunk, about);
    if (chunk.hub !== hub || membership === 'untouched') continue;
    for (const deviceId of await plans.chunk(chunk)) yield `${keyOf(deviceId)}\t${membership}`;
  }
}

/**
 * Says of each device of a hub that has ever sent something what the rollout did with it: the plan's devices, sorted on disk,
 * beside the table's, which are sorted.
 *
 * @param folder for temporary files, that nothing else writes to
 * @throws Error when the source does not keep its order
 */
export async function* membersOf(
  planned: Planned,
  source: TelemetrySource,
  hub: HubName,
  folder: string,
): AsyncGenerator<{ readonly device: SendingDevice; readonly membership: Membership }> {
  const marks = sortedLines(
    folder,
    markedLines(planned, hub, (id) => source.keyOf(id)),
  );
  try {
    let mark = await marks.next();
    let last = '';
    for await (const device of source.devices(hub)) {
      const key = source.keyOf(device.deviceId);
      if (key < last) throw new Error(`telemetry of ${hub} is out of order: ${key} after ${last}`);
      last = key;
      const line = `${key}\t`;
      while (mark.done !== true && mark.value < line) mark = await marks.next();
      const found = mark.done !== true && mark.value.startsWith(line) ? mark.value.slice(line.length) : 'untouched';
      yield { device, membership: found as Membership };
    }
  } finally {
    await marks.return(undefined);
  }
}
