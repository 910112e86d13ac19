import { batchesOf } from '../../domain/batches';
import type { DeviceId, HubName, RolloutId } from '../../domain/ids';
import type { HubSku } from '../../domain/limits';
import { seededOrder } from '../../domain/order';
import type { PlanSummary } from '../../domain/plan';
import { type CountedShare, summaryOf } from '../../domain/planning';
import type { RolloutSpec } from '../../domain/spec';
import { groupCountOf, groupOf, type Placed, waveCuts } from '../../domain/waves';

/** A device of the target set, as the hub knew it when the plan was made. */
export interface TargetDevice extends Placed {
  readonly hub: HubName;
  readonly deviceId: DeviceId;
  readonly connected: boolean;
}

/** A wave's devices on one hub, in the plan's order. */
export interface WaveDevices {
  readonly wave: number;
  readonly part: number;
  readonly hub: HubName;
  readonly deviceIds: readonly DeviceId[];
}

const keyOf = ({ hub, deviceId }: TargetDevice): string => `${hub}/${deviceId}`;

/** Plans in memory, by the same rules as the planner but without its files: what the planner must come to. No windows. */
export function planOf(
  rolloutId: RolloutId,
  spec: RolloutSpec,
  targets: readonly TargetDevice[],
  skus: ReadonlyMap<HubName, HubSku>,
): { readonly summary: PlanSummary; readonly devices: readonly WaveDevices[] } {
  const ordered = seededOrder(targets, keyOf, rolloutId);
  const groups = Array.from({ length: groupCountOf(spec.waves) }, (_, group) =>
    ordered.filter((device) => groupOf(spec.waves, device) === group),
  );
  const cuts = waveCuts(
    spec.waves,
    groups.map(({ length }) => length),
  );
  const devices: WaveDevices[] = [];
  const waves = cuts.map(({ asked, group, deviceCount }, position) => {
    const members = groups[group]?.splice(0, deviceCount) ?? [];
    const hubs = spec.target.hubs.filter((hub) => members.some((device) => device.hub === hub));
    const shares = hubs.map((hub, index): CountedShare => {
      const deviceIds = members.filter((device) => device.hub === hub).map(({ deviceId }) => deviceId);
      devices.push({ wave: position + 1, part: index + 1, hub, deviceIds });
      const batches = batchesOf(deviceIds, spec.batch.size).map(({ length }) => length);
      const largestBatch = batches.reduce((most, length) => Math.max(most, length), 0);
      return { part: index + 1, hub, deviceCount: deviceIds.length, batchCount: batches.length, largestBatch };
    });
    return { asked, members: '', shares };
  });
  const leftOut = ordered.filter((device) => groupOf(spec.waves, device) === undefined).map(({ deviceId }) => deviceId);
  const summary = summaryOf(rolloutId, spec, {
    waves,
    skus,
    fingerprint: '',
    offlineCount: targets.filter(({ connected }) => !connected).length,
    skipped: { count: 0, devices: [] },
    leftOut: { count: leftOut.length, devices: leftOut.slice(0, 20) },
    conflicts: [],
    targetCounts: new Map(spec.target.hubs.map((hub) => [hub, targets.filter((device) => device.hub === hub).length])),
  });
  const run = summary.waves.filter(({ deviceCount }) => deviceCount > 0);
  const waveMs = run.reduce((sum, { estimateMs }) => sum + estimateMs, 0);
  return { devices, summary: { ...summary, estimateMs: waveMs + spec.gate.soakMs * Math.max(0, run.length - 1) } };
}
