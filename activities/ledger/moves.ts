import type { EnrollmentKind } from '../../domain/dps-limits';
import type { DeviceId, HubName } from '../../domain/ids';
import type { ModuleValues, Policy, TwinValues } from '../../domain/moves';
import type { TwinSections } from '../../domain/patches';
import type { BatchRef } from '../../domain/share';
import type { DeviceOutcome } from '../../domain/tally';
import type { Ledger } from '../ports';
import type { Pointing } from '../provisioning-ports';
import { recordsOf, rolloutPath } from './records';

/** One try at one batch, as far as its moves are concerned. */
export type MoveRef = Pick<BatchRef, 'rolloutId' | 'pass' | 'wave' | 'part' | 'attempt' | 'batch'> & {
  /** Where a rollout moves devices beside its action: the moves of a batch that lie apart from the others. */
  readonly journal?: string;
};

/** What an individual enrollment said before. */
export type Pointed = Omit<Pointing, 'registrationId' | 'etag'>;

/** What there was of a device before its move touched anything. */
export interface MoveSnapshot {
  readonly registrationId: string;
  readonly kind: EnrollmentKind;
  readonly from: HubName;
  readonly to: HubName;
  /** What its enrollment does with its data; none where its group is not known: the registration tells it on arrival. */
  readonly policy?: Policy;
  /** What its twin may start with, where it starts anew. */
  readonly initialTwins: readonly TwinSections[];
  /** Of an individual enrollment. */
  readonly pointed?: Pointed;
  /** None where the old hub was not asked. */
  readonly twin?: TwinValues;
  readonly modules?: readonly ModuleValues[];
}

/**
 * What a batch has found out about its devices before it touches the first: those that move, and what became of those that
 * do not.
 */
export interface SnapshotsRecord {
  /** When (UTC, ISO 8601). */
  readonly at: string;
  readonly devices: Readonly<Record<string, MoveSnapshot>>;
  readonly outcomes: readonly DeviceOutcome[];
}

/** Which devices were told to leave, and when; and what became of those that could not be told. */
export interface ToldRecord {
  readonly devices: Readonly<Record<string, string>>;
  readonly outcomes: readonly DeviceOutcome[];
}

/** Why a device is to come home, and what its twin was when that was decided. */
export interface Recall {
  readonly kind: 'failed' | 'timedOut';
  readonly reason: string;
  readonly seen?: TwinValues;
}

export interface RecallsRecord {
  readonly devices: Readonly<Record<string, Recall>>;
}

/**
 * The journal of moves: one try at a batch is one or more goes, each in up to three records, written in this order, the first
 * writer of each wins: `snapshots` before anything is touched, `told` once the devices know, `recalls` before the first is
 * brought home. A stop that comes before all were told ends the go; what is left begins a new one, with new snapshots.
 */
export const createMoves = (ledger: Ledger) => {
  const { firstOf } = recordsOf(ledger);
  const pathOf = ({ rolloutId, pass, wave, part, attempt, batch, journal = 'g' }: MoveRef, go: number): string =>
    `${rolloutPath(rolloutId)}/moves/${pass}-w${wave}-p${part}/a${attempt}-b${batch}.${journal}${go}`;
  const read = async <Kind>(path: string): Promise<Kind | undefined> =>
    (await ledger.get(`${path}.json`)) as Kind | undefined;

  async function currentGo(at: MoveRef): Promise<number> {
    for (let go = 1; ; go += 1) if ((await read(`${pathOf(at, go)}.ended`)) === undefined) return go;
  }

  return {
    /** The go that is under way, or the next one. */
    async go(at: MoveRef) {
      const number = await currentGo(at);
      const path = pathOf(at, number);
      return {
        number,
        snapshots: await read<SnapshotsRecord>(`${path}.snapshots`),
        told: await read<ToldRecord>(`${path}.told`),
        recalls: await read<RecallsRecord>(`${path}.recalls`),
        keepSnapshots: (record: SnapshotsRecord) => firstOf(`${path}.snapshots.json`, record),
        keepTold: (record: ToldRecord) => firstOf(`${path}.told.json`, record),
        keepRecalls: (record: RecallsRecord) => firstOf(`${path}.recalls.json`, record),
        /** No device of the go is under way any more. */
        async end(): Promise<void> {
          await firstOf(`${path}.ended.json`, { at: new Date().toISOString() });
        },
      };
    },

    /** What there was of devices of an earlier try before it; the last go that had a device counts. */
    async earlier(at: MoveRef, deviceIds: ReadonlySet<DeviceId>): Promise<ReadonlyMap<DeviceId, MoveSnapshot>> {
      const found = new Map<DeviceId, MoveSnapshot>();
      for (let go = await currentGo(at); go >= 1; go -= 1) {
        const devices = (await read<SnapshotsRecord>(`${pathOf(at, go)}.snapshots`))?.devices ?? {};
        for (const deviceId of deviceIds) {
          const snapshot = devices[deviceId];
          if (snapshot !== undefined && !found.has(deviceId)) found.set(deviceId, snapshot);
        }
      }
      return found;
    },
  };
};

export type Moves = ReturnType<typeof createMoves>;
export type Go = Awaited<ReturnType<Moves['go']>>;
