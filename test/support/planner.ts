import { createPlans } from '../../activities/ledger/plans';
import { createPlanningActivities, type PlanningParts } from '../../activities/planning';
import type { Claims, Hub } from '../../activities/ports';
import { createWindowActivities } from '../../activities/windows';
import { GroundswellError } from '../../domain/errors';
import type { DeviceId, HubName, RolloutId } from '../../domain/ids';
import type { PlanSummary } from '../../domain/plan';
import type { RolloutSpec } from '../../domain/spec';
import { activityContext } from './activity';
import { fakeLedger, noClaims } from './fake-hub';
import { fleetHub } from './fleet';
import type { WaveDevices } from './plans';

export const ROLLOUT = 'lock-doors' as RolloutId;

interface PlannerParts extends Pick<PlanningParts, 'provisionings' | 'identities'> {
  readonly ledger?: ReturnType<typeof fakeLedger>;
  readonly claims?: Claims;
}

/** The real planner over hubs and a ledger in memory, outside any server. */
export function plannerOn(
  hubs: Readonly<Record<string, Hub>>,
  { ledger = fakeLedger(), claims = noClaims, ...moving }: PlannerParts = {},
) {
  const plans = createPlans(ledger);
  const windows = createWindowActivities();
  const get = (name: HubName): Hub => {
    const hub = hubs[name] ?? (moving.identities === undefined ? fleetHub([]) : undefined);
    if (hub === undefined) throw new GroundswellError('GS_HUB_UNKNOWN', { hub: name });
    return hub;
  };
  const activities = createPlanningActivities({ hubs: { get }, ledger, claims, windows, ...moving });
  const env = activityContext();
  const run = <In, Out>(activity: (input: In) => Promise<Out>, input: In) =>
    env.run<[In], Out, typeof activity>(activity, input);
  return {
    ledger,
    plans,
    preview: (spec: RolloutSpec, rolloutId = ROLLOUT) => run(activities.previewPlan, { rolloutId, spec }),
    plan: (spec: RolloutSpec, { rolloutId = ROLLOUT, runId = 'first', expects }: Planning = {}) =>
      run(activities.planRollout, { rolloutId, spec, runId, ...(expects && { expects }) }),
    joiners: (spec: RolloutSpec, wave: number) =>
      run(activities.planJoiners, { rolloutId: ROLLOUT, spec, runId: 'first', wave }),
    /** What lies in the ledger of each share, in the plan's order. */
    async frozen(rolloutId = ROLLOUT): Promise<WaveDevices[]> {
      const record = await plans.record(rolloutId);
      const waves = record.summary.waves.flatMap(({ index, shares }) => shares.map((share) => ({ index, share })));
      return Promise.all(
        waves.map(async ({ index: wave, share: { part, hub } }) => {
          const deviceIds: DeviceId[] = [];
          for await (const chunk of plans.devices(record, wave, part)) deviceIds.push(...chunk.deviceIds);
          return { wave, part, hub, deviceIds };
        }),
      );
    },
  };
}

interface Planning {
  readonly rolloutId?: RolloutId;
  readonly runId?: string;
  readonly expects?: PlanSummary;
}
