import { CancelledFailure } from '@temporalio/activity';
import { faultCodeOf, FAULTS } from '../../domain/errors';
import type { DeviceId, HubName, RolloutId } from '../../domain/ids';
import { isObject } from '../../domain/json';
import { quarantineMark } from '../../domain/moves';
import type { MigrateTrigger, QuarantineRule } from '../../domain/spec';
import type { BatchRef } from '../../domain/share';
import type { DeviceOutcome } from '../../domain/tally';
import type { Batch, BatchWatch, Executor, Move } from '../executors/executor';
import { eachBounded } from '../pool';
import type { Hub } from '../ports';
import type { PlannedRun } from './batch';
import type { Turns } from './turn';

/** How long a device has to show up on the quarantine hub, each way that it is told. */
const ARRIVE_WITHIN_MS = 5 * 60_000;
const WIDTH = 8;
/** Of the reason that the device's tag gives: tags are small. */
const MAX_REASON = 200;

/** The ways to tell a device, in their order. Each has a journal of its own among the moves of the batch. */
const WAYS: readonly { readonly journal: string; readonly trigger: MigrateTrigger }[] = [
  {
    journal: 'q',
    trigger: { kind: 'method', name: 'reprovision', payload: {}, responseTimeoutMs: 30_000, by: 'direct' },
  },
  { journal: 'd', trigger: { kind: 'disable' } },
];

export interface IsolationParts {
  readonly rule: QuarantineRule & { readonly hub: HubName };
  readonly home: Hub;
  readonly away: Hub;
  readonly executor: Executor<Move>;
  /** A turn at the provisioning service for the devices of one batch. */
  turnOf(at: BatchRef): Turns;
  /** Waits until the provisioning service lets so many devices register. */
  pace(at: { readonly rolloutId: RolloutId }, deviceCount: number, watch: BatchWatch): Promise<void>;
}

/** What became of devices that were to be set apart. */
export interface Isolated {
  readonly moved: ReadonlySet<DeviceId>;
  /** `tagged`: it was there to be tagged at home. */
  readonly stayed: ReadonlyMap<DeviceId, { readonly reason: string; readonly tagged: boolean }>;
}

/** Only a person can mend it: the rollout itself goes on without the move. */
function isFinal(error: unknown): boolean {
  const code = faultCodeOf(error);
  if (code === undefined) return false;
  return FAULTS[code].retry === 'never' || code === 'GS_DPS_UNAUTHORIZED' || code === 'GS_HUB_UNAUTHORIZED';
}

/**
 * Moves devices to the hub for quarantine, by the saga of every move. A device is marked before it leaves, so that whatever
 * happens its twin says where it came from: a rollout with `to: origin` takes it back there.
 *
 * Safe to repeat: the journals of the moves say how far they have come.
 */
export class Isolation {
  readonly hub: HubName;

  constructor(private readonly parts: IsolationParts) {
    this.hub = parts.rule.hub;
  }

  /** @param all outcomes of the batch, which the moves add nothing to until they have ended */
  async move(
    run: PlannedRun,
    due: readonly DeviceOutcome[],
    all: readonly DeviceOutcome[],
    batchWatch: BatchWatch,
  ): Promise<Isolated> {
    const watch = this.#watchOf(run, all, batchWatch);
    const reasons = new Map(due.map(({ deviceId, kind, detail }) => [deviceId, detail ?? kind]));
    await this.#mark(this.parts.home, run, reasons, watch);
    const moved = new Set<DeviceId>();
    const stayed = new Map<DeviceId, string>();
    await this.#inTurn(run, watch, async () => {
      for (const way of WAYS) {
        const left = run.devices.filter(({ deviceId }) => reasons.has(deviceId) && !moved.has(deviceId));
        if (left.length === 0) return;
        for (const outcome of await this.#by(way, { ...run, devices: left }, watch)) {
          if (await this.#hasMoved(outcome)) moved.add(outcome.deviceId);
          else stayed.set(outcome.deviceId, outcome.detail ?? outcome.kind);
        }
      }
    });
    // Where the enrollment's policy does not take data along, the mark has not come with the device.
    await this.#mark(this.parts.away, run, new Map([...reasons].filter(([deviceId]) => moved.has(deviceId))), watch);
    return { moved, stayed: await this.#staying(reasons, moved, stayed, watch) };
  }

  /** Takes the words off that lead back from a quarantine; the rule's tags stay. */
  async #staying(
    reasons: ReadonlyMap<DeviceId, string>,
    moved: ReadonlySet<DeviceId>,
    whys: ReadonlyMap<DeviceId, string>,
    watch: BatchWatch,
  ): Promise<Isolated['stayed']> {
    const stayed = new Map<DeviceId, { readonly reason: string; readonly tagged: boolean }>();
    const { home } = this.parts;
    await eachBounded([...reasons.keys()], WIDTH, async (deviceId) => {
      if (moved.has(deviceId)) return;
      watch.beat(0);
      await home.turn('twinUpdates');
      const answer = await home.updateTwin(deviceId, { tags: { groundswell: { quarantine: null } } }, '*');
      const reason = whys.get(deviceId) ?? 'the rollout was stopped before its turn';
      stayed.set(deviceId, { reason, tagged: answer.kind === 'merged' });
    });
    return stayed;
  }

  /** Once: a device that has this rollout's mark keeps it, for a later one would differ from what its move compares with. */
  async #mark(
    hub: Hub,
    { rolloutId, hub: from }: PlannedRun,
    reasons: ReadonlyMap<DeviceId, string>,
    watch: BatchWatch,
  ): Promise<void> {
    await eachBounded([...reasons], WIDTH, async ([deviceId, reason]) => {
      watch.beat(0);
      const twin = await hub.twin(deviceId);
      if (twin === undefined || quarantineMark(twin.tags)?.['rolloutId'] === rolloutId) return;
      const { tags } = this.parts.rule;
      const others = isObject(tags['groundswell']) ? tags['groundswell'] : {};
      const quarantine = { from, rolloutId, at: new Date().toISOString(), reason: reason.slice(0, MAX_REASON) };
      await hub.turn('twinUpdates');
      await hub.updateTwin(deviceId, { tags: { ...tags, groundswell: { ...others, quarantine } } }, '*');
    });
  }

  /** @returns one outcome a device, or none of those that a stop came before */
  async #by(way: (typeof WAYS)[number], run: PlannedRun, watch: BatchWatch): Promise<readonly DeviceOutcome[]> {
    const { executor, home, rule } = this.parts;
    const deed: Move = {
      kind: 'migrate',
      to: rule.hub,
      ...way,
      arriveWithinMs: ARRIVE_WITHIN_MS,
      // Whatever a failing device does to its twin, it is better off there.
      compare: { tags: false, desired: false, reported: 'ignore', modules: false, ignore: [] },
      oldIdentity: 'leave',
      evacuate: false,
    };
    const batch: Batch<Move> = { ...run, target: home, deed, rule: RULE, known: [], passOver: [] };
    try {
      const end = await executor.run(batch, watch);
      return end.kind === 'neverStarted' ? [] : end.outcomes;
    } catch (error) {
      if (!isFinal(error)) throw error;
      // What was pointed and not told is pointed back.
      await executor.run(batch, { ...watch, mode: 'settle' }).catch(() => undefined);
      const detail = (error as Error).message;
      return run.devices.map(({ deviceId }): DeviceOutcome => ({ deviceId, kind: 'failed', detail }));
    }
  }

  /** One that left in an earlier try, whose worker was lost, may be told of as gone. */
  async #hasMoved({ deviceId, kind }: DeviceOutcome): Promise<boolean> {
    if (kind === 'succeeded') return true;
    const { home, away } = this.parts;
    return (await home.twin(deviceId)) === undefined && (await away.twin(deviceId)) !== undefined;
  }

  async #inTurn(run: PlannedRun, watch: BatchWatch, work: () => Promise<void>): Promise<void> {
    const turn = this.parts.turnOf(run);
    const rest = async (millis: number, words: string): Promise<void> => {
      watch.says(words);
      watch.beat(0);
      await watch.rest(millis);
    };
    try {
      // What was begun before is brought in without a turn.
      const isOurs = watch.mode === 'settle' || (await turn.take({ rest, over: () => watch.stopAsked() }));
      if (isOurs) await work();
      await turn.giveBack();
    } catch (error) {
      if (!(error instanceof CancelledFailure)) await turn.giveBack().catch(() => undefined);
      throw error;
    } finally {
      watch.says(undefined);
    }
  }

  /** The batch's own outcomes are what a worker that takes over must know, not those of the moves. */
  #watchOf(run: PlannedRun, all: readonly DeviceOutcome[], watch: BatchWatch): BatchWatch {
    return {
      ...watch,
      beat: () => watch.beat(all.length),
      check: () => watch.check(all),
      pace: (deviceCount) => this.parts.pace(run, deviceCount, watch),
      allBegun: () => undefined,
    };
  }
}

/** Moves by method or by disabling ask nothing of it. */
const RULE = { size: 1, parallel: 1, timeoutMs: 0, startWithinMs: 0 } as const;
