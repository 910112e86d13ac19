import { batchesOf } from './batches';
import { gateTexts } from './gate-texts';
import type { DeviceId, HubName, RolloutId } from './ids';
import { type HubSku, jobDevicesPerSecond } from './limits';
import { seededOrder } from './order';
import type { PlannedWave, PlanSummary, WaveShare } from './plan';
import type { RolloutSpec } from './spec';
import { slices, waveCounts, waveSizeText } from './waves';

/** A device of the target set, as the hub knew it when the plan was made. */
export interface TargetDevice {
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

export interface Plan {
  readonly summary: PlanSummary;
  readonly devices: readonly WaveDevices[];
}

const keyOf = ({ hub, deviceId }: TargetDevice): string => `${hub}/${deviceId}`;

function byHub(wave: number, devices: readonly TargetDevice[]): WaveDevices[] {
  const hubs = [...new Set(devices.map(({ hub }) => hub))].sort();
  return hubs.map((hub, index) => {
    const deviceIds = devices.filter((device) => device.hub === hub).map(({ deviceId }) => deviceId);
    return { wave, part: index + 1, hub, deviceIds };
  });
}

const sizesOf = ({ waves }: RolloutSpec) => (waves.kind === 'sizes' ? waves.sizes : []);

const total = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);

/** A wave's part on one hub, with what its batches come to. */
function sizedShare({ hub, deviceIds }: WaveDevices, batchSize: number, sku: HubSku | undefined) {
  const sizes = batchesOf(deviceIds, batchSize).map(({ length }) => length);
  const share = { hub, deviceCount: deviceIds.length, batchCount: sizes.length };
  return {
    share,
    // Not Math.max(...): a large wave has more batches than a call may have arguments.
    largestBatch: sizes.reduce((most, size) => (size > most ? size : most), 0),
    millis: sku === undefined ? 0 : Math.ceil((deviceIds.length / jobDevicesPerSecond(sku)) * 1000),
  };
}

/**
 * Plans a rollout over a target set.
 *
 * @param targets n >= 1 distinct devices; their order does not matter
 * @param skus    of every hub that a target is on
 */
export function planOf(
  rolloutId: RolloutId,
  spec: RolloutSpec,
  targets: readonly TargetDevice[],
  skus: ReadonlyMap<HubName, HubSku>,
): Plan {
  const sizes = sizesOf(spec);
  const counts = waveCounts(sizes, targets.length);
  const members = slices(seededOrder(targets, keyOf, rolloutId), counts);
  const devices = members.map((wave, position) => byHub(position + 1, wave));

  const sized = devices.map((parts) => parts.map((part) => sizedShare(part, spec.batch.size, skus.get(part.hub))));
  const waves: PlannedWave[] = sized.map((parts, position) => ({
    index: position + 1,
    asked: sizes[position] === undefined ? 'rest' : waveSizeText(sizes[position]),
    deviceCount: counts[position] ?? 0,
    shares: parts.map(({ share }, index): WaveShare => ({ part: index + 1, ...share })),
    members: '',
    estimateMs: Math.max(0, ...parts.map(({ millis }) => millis)),
  }));
  const run = waves.filter(({ deviceCount }) => deviceCount > 0);
  const inFlight = sized.map((parts) => total(parts.map(({ largestBatch }) => largestBatch)));

  return {
    devices: devices.flat(),
    summary: {
      rolloutId,
      name: spec.name,
      deviceCount: targets.length,
      offlineCount: targets.filter(({ connected }) => !connected).length,
      skipped: { count: 0, devices: [] },
      leftOut: { count: 0, devices: [] },
      conflicts: [],
      uses: [],
      fingerprint: '',
      waves,
      gates: gateTexts(spec),
      blastRadius: Math.max(0, ...inFlight),
      estimateMs: total(run.map(({ estimateMs }) => estimateMs)) + spec.gate.soakMs * Math.max(0, run.length - 1),
    },
  };
}
