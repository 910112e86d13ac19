import type { DeviceId, HubName, RolloutId } from './ids';
import type { BatchRef } from './share';
import type { DeviceOutcome, OutcomeKind } from './tally';

/** How an attempt may have ended, in the order in which they are shown. */
export const OUTCOME_KINDS = ['succeeded', 'failed', 'timedOut', 'offline', 'skipped'] as const satisfies OutcomeKind[];

/** What is listed unless somebody asks for something else: devices that somebody may have to look at. */
export const NOT_WELL: readonly OutcomeKind[] = ['failed', 'timedOut', 'offline'];

/** Which devices of a rollout. */
export interface DeviceQuery {
  readonly rolloutId: RolloutId;
  /** Kinds of the last outcome. */
  readonly outcomes: readonly OutcomeKind[];
  /** The wave that planned them; without it all. */
  readonly wave?: number;
  readonly hub?: HubName;
}

/** A device by its last outcome. */
export interface ListedDevice extends DeviceOutcome, Pick<BatchRef, 'hub' | 'pass' | 'batch' | 'attempt'> {
  /** The wave that planned it, also where the catch-up reached it. */
  readonly wave: number;
  /** When its batch ended (UTC, ISO 8601). */
  readonly endedAt: string;
}

/** Where a page ends: behind `gone` outcomes of this batch. */
export interface ListCursor extends Pick<BatchRef, 'pass' | 'wave' | 'part' | 'attempt' | 'batch'> {
  readonly gone: number;
}

/** What can be asked for: the frozen plan's hubs and waves. */
export interface ListScope {
  readonly hubs: readonly HubName[];
  readonly waveCount: number;
}

export interface DevicePage {
  readonly scope: ListScope;
  /** May be none although there is a next page: what was looked at has newer outcomes. */
  readonly devices: readonly ListedDevice[];
  /** None on the last page. */
  readonly next?: ListCursor;
}

/** How many devices ended in the same way, with the same words. */
export interface DetailCount extends Pick<DeviceOutcome, 'kind' | 'status' | 'detail'> {
  readonly deviceCount: number;
}

export interface DeviceCounts {
  readonly scope: ListScope;
  readonly deviceCount: number;
  readonly byOutcome: Readonly<Record<OutcomeKind, number>>;
  /** The most frequent first, ten at the most. */
  readonly details: readonly DetailCount[];
  /** Devices whose details are not among them. */
  readonly otherCount: number;
}

/** Details that are told. */
const TOLD = 10;
/** Different details that are counted: words of devices may all be different. */
const COUNTED = 1_000;

/** Counts devices and their details. Memory holds 1,000 different details, whatever comes. */
export class DeviceCounter {
  readonly #byOutcome = { succeeded: 0, failed: 0, timedOut: 0, offline: 0, skipped: 0 };
  readonly #details = new Map<string, DetailCount>();
  #deviceCount = 0;

  add({ kind, status, detail }: DeviceOutcome): void {
    this.#deviceCount += 1;
    this.#byOutcome[kind] += 1;
    const key = JSON.stringify([kind, status, detail]);
    const known = this.#details.get(key);
    if (known === undefined && this.#details.size >= COUNTED) return;
    const what = { kind, ...(status !== undefined && { status }), ...(detail !== undefined && { detail }) };
    this.#details.set(key, { ...what, deviceCount: (known?.deviceCount ?? 0) + 1 });
  }

  result(scope: ListScope): DeviceCounts {
    const all = [...this.#details.values()].sort((left, right) => right.deviceCount - left.deviceCount);
    const details = all.slice(0, TOLD);
    const told = details.reduce((sum, { deviceCount }) => sum + deviceCount, 0);
    const deviceCount = this.#deviceCount;
    return { scope, deviceCount, byOutcome: { ...this.#byOutcome }, details, otherCount: deviceCount - told };
  }
}

/** Names a device among those of all hubs. */
export const listKeyOf = ({ hub, deviceId }: { readonly hub: HubName; readonly deviceId: DeviceId }): string =>
  `${hub}/${deviceId}`;
