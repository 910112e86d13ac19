import { randomBytes } from 'node:crypto';
import type { DeviceSpec } from '../support/stack-programs';

/** Hubs, and how many of the rollout's devices each has. */
export const HUBS = { west: 36, north: 24 } as const;
export type HubName = keyof typeof HUBS;
export const HUB_NAMES = Object.keys(HUBS) as HubName[];
/** Devices a hub that the rollout does not mean. */
const BYSTANDERS = 4;
export const BATCH = 10;

/** A device of the fleet. What becomes of it follows from what it is, never from when it is asked. */
export interface FleetDevice extends Omit<DeviceSpec, 'connectionString'> {
  readonly hub: HubName;
  readonly isMeant: boolean;
  /** Never connects. */
  readonly isAway: boolean;
}

/** Every ninth jams, some are slow, two on each hub miss their first call, one on each hub is away for good. */
function deviceOf(hub: HubName, index: number): FleetDevice {
  const deviceId = `${hub}-${String(index).padStart(2, '0')}`;
  const isAway = index === 5;
  const kind = index % 9 === 3 ? 'jams' : index === 7 || index === 14 ? 'mute' : 'good';
  return { deviceId, hub, kind, isAway, isMeant: true, delayMs: index % 6 === 2 ? 1_200 : 100 + 20 * (index % 10) };
}

export const fleet = (): FleetDevice[] =>
  HUB_NAMES.flatMap((hub) => [
    ...Array.from({ length: HUBS[hub] }, (_, index) => deviceOf(hub, index)),
    ...Array.from({ length: BYSTANDERS }, (_, index) => ({
      ...deviceOf(hub, 0),
      deviceId: `${hub}-bystander-${index}`,
      isMeant: false,
    })),
  ]);

const ACTIONS = {
  method: () =>
    '{ method: { name: apply, payload: { what: doors }, responseTimeout: 5s, operationIdField: operationId } }',
  twin: (version: string) => `{ twin: { desired: { version: ${version} }, confirmWithin: 10s } }`,
} as const;

export interface Scenario {
  readonly executor: 'job' | 'direct';
  readonly action: keyof typeof ACTIONS;
}

/** A seed's scenario is the one at its remainder. */
export const SCENARIOS: readonly Scenario[] = [
  { executor: 'job', action: 'method' },
  { executor: 'direct', action: 'method' },
  { executor: 'job', action: 'twin' },
  { executor: 'direct', action: 'twin' },
];

export const nameOf = ({ executor, action }: Scenario): string => `${executor}/${action}`;

/**
 * What a user would write for devices whose connections come and go: who timed out is tried again; who is offline has the
 * catch-up. A device that answers a failure has answered.
 */
/** @param rolloutId also what a twin's version becomes */
export const specOf = ({ executor, action }: Scenario, rolloutId: string): string => `
apiVersion: groundswell/v1
name: chaos
target: { hubs: [${HUB_NAMES.join(', ')}], where: tags.kind = 'meant' }
action: ${ACTIONS[action](rolloutId)}
executor: ${executor}
waves: [6, 40%, rest]
gate: { failureLimit: { any: 100%, failed: 50% }, successTarget: 50%, soak: 1s }
batch: { size: ${BATCH}, timeout: 10s }
retry: { attempts: 4, on: [timedOut], backoff: { first: 1s, factor: 2, most: 3s } }
offline: { quorum: 0%, catchUp: 15s }
`;

export const rolloutIdOf = (seed: number): string => `chaos-${seed}-${randomBytes(2).toString('hex')}`;
