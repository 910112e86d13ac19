import { setTimeout as sleep } from 'node:timers/promises';
import { mapBounded } from '../domain/pool';
import { keptCalibrations } from './calibrations';
import { judge } from './judge';
import { createMerge, type MergePorts } from './merge';
import type { TelemetryBatch, TelemetryMessage } from './message';
import { added, countedBy, NOTHING } from './outcome';
import type { BatchOutcome, CalibrationStore, Publisher, TelemetryProcessor } from './ports';
import { rejectionOf } from './rejection';
import { type Range, runsOf, streamName } from './seen';
import type { TelemetrySettings } from './settings';
import { type DeviceKey, keyText } from './state';
import type { DeviceView } from './view';

export interface ProcessorPorts extends Pick<MergePorts, 'states' | 'rejected'> {
  readonly calibrations: CalibrationStore;
  readonly publisher: Publisher;
  /** Told when who follows live could not be told; the batch counts all the same. */
  readonly onPublishFailure: (error: unknown, deviceCount: number) => void;
  /** @default Math.random */
  readonly random?: MergePorts['random'];
  /** @default timers of Node */
  readonly wait?: MergePorts['wait'];
  /** For what is kept in memory for a time. @default performance */
  readonly clock?: { now(): number };
}

interface Group {
  readonly key: DeviceKey;
  readonly messages: TelemetryMessage[];
}

function byDevice({ hub: own, messages }: TelemetryBatch): readonly Group[] {
  const groups = new Map<string, Group>();
  for (const message of messages) {
    const { hub = own, deviceId } = message;
    if (deviceId === undefined) continue;
    const key = { hub, deviceId };
    const group = groups.get(keyText(key)) ?? { key, messages: [] };
    groups.set(keyText(key), group);
    group.messages.push(message);
  }
  return [...groups.values()];
}

/**
 * What a processor has taken of each partition without a gap. A row of a device that a batch does not name is not written
 * for it; its next write may say that all up to there is in it. So rows remember one range, not one a batch.
 */
function createProgress() {
  const done = new Map<string, Range>();
  return {
    /** @param runs of the batch */
    coverOf(stream: string, runs: readonly Range[]): readonly Range[] {
      const before = done.get(stream);
      const [first, ...rest] = runs;
      return before !== undefined && first?.[0] === before[1] + 1 ? [[before[0], first[1]], ...rest] : runs;
    },
    /** Asked anew, since another batch of the partition may have ended meanwhile. */
    finish(stream: string, runs: readonly Range[]): void {
      const last = this.coverOf(stream, runs).at(-1);
      if (last !== undefined) done.set(stream, last);
    },
  };
}

/** The pipeline: calibrate, validate, write into rows, publish. Holds no state that a new one would miss. */
export function createProcessor(ports: ProcessorPorts, settings: TelemetrySettings): TelemetryProcessor {
  const { rejected, publisher, random = Math.random, wait = sleep, clock } = ports;
  const calibrations = keptCalibrations(ports.calibrations, settings, clock);
  const merge = createMerge({ ...ports, random, wait }, settings);
  const progress = createProgress();

  async function rejectNameless({ source, partition, hub: own, messages }: TelemetryBatch): Promise<BatchOutcome> {
    const nameless = messages
      .filter(({ deviceId }) => deviceId === undefined)
      .map((message) => ({ source, partition, hub: message.hub ?? own, message, rejection: rejectionOf('noDevice') }));
    if (nameless.length > 0) await rejected.write(nameless);
    return { ...NOTHING, rejected: countedBy(nameless.map(({ rejection }) => rejection.reason)) };
  }

  async function publishFailed(views: readonly DeviceView[]): Promise<boolean> {
    if (views.length === 0) return false;
    try {
      await publisher.publish(views);
      return false;
    } catch (error) {
      ports.onPublishFailure(error, views.length);
      return true;
    }
  }

  return {
    async process(given) {
      const messages = [...given.messages].sort((a, b) => a.sequence - b.sequence);
      const batch = { ...given, messages };
      const { source, partition } = batch;
      const stream = streamName(source, partition);
      const runs = runsOf(messages.map(({ sequence }) => sequence));
      const cover = progress.coverOf(stream, runs);
      const coverAtMs = messages.at(-1)?.enqueuedAtMs ?? 0;

      const nameless = await rejectNameless(batch);
      const merged = await mapBounded(byDevice(batch), settings.concurrency, async (group) => {
        const found = await calibrations.read(group.key);
        const judged = group.messages.map((message) => judge(message, found, settings));
        return merge({ source, partition, key: group.key, stream, judged, cover, coverAtMs });
      });
      progress.finish(stream, runs);

      const outcome = merged.reduce((sum, one) => added(sum, one.outcome), nameless);
      const views = merged.flatMap(({ view }) => (view === undefined ? [] : [view]));
      return { ...outcome, messages: messages.length, publishFailed: await publishFailed(views) };
    },
  };
}
