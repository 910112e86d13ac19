import { MockActivityEnvironment } from '@temporalio/testing';
import type { PlanSummary } from '../domain/plan';
import { createPlanningActivities } from '../activities/planning';
import type { PlanInput } from '../activities/contracts';
import type { FoundDevice, Hub, Ledger } from '../activities/ports';
import { createWindowActivities } from '../activities/windows';
import { type DeviceId, hubNameOf, type RolloutId } from '../domain/ids';
import type { RolloutSpec } from '../domain/spec';

/** As a hub gives them. */
const PAGE = 100;

/** What one planning took. `peakBytes`: of the whole process, this program and Temporal's test environment included. */
export interface PlanCost {
  readonly ms: number;
  readonly idleBytes: number;
  readonly peakBytes: number;
}

const unused = () => {
  throw new Error('planning does not call this');
};

/** A hub that makes its devices up as it is asked, so that it holds none. */
function hubOf(count: number): Hub {
  async function* devices(): AsyncGenerator<readonly FoundDevice[]> {
    for (let from = 0; from < count; from += PAGE) {
      const length = Math.min(PAGE, count - from);
      yield await Promise.resolve(
        Array.from({ length }, (_, index) => ({
          deviceId: `building-43-door-${String(from + index).padStart(9, '0')}` as DeviceId,
          connected: index % 20 !== 0,
        })),
      );
    }
  }
  return {
    sku: { name: 'S3', units: 10 },
    devices,
    count: unused,
    turn: unused,
    twin: unused,
    updateTwin: unused,
    invokeMethod: unused,
    findJob: unused,
    scheduleJob: unused,
    cancelJob: unused,
    jobRows: unused,
  };
}

/** A ledger that writes as storage does, and forgets. */
const ledger: Ledger = {
  put: (_path, record) => Promise.resolve(void JSON.stringify(record)),
  get: () => Promise.resolve(undefined),
  text: () => Promise.resolve(undefined),
  list: unused,
  folders: unused,
};

const hub = hubNameOf('west');
const spec: RolloutSpec = {
  name: 'bench',
  target: { kind: 'query', hubs: [hub], where: '*' },
  action: { kind: 'method', name: 'lockDoor', payload: null, responseTimeoutMs: 30_000 },
  executor: 'job',
  waves: {
    kind: 'sizes',
    sizes: [
      { kind: 'count', count: 100 },
      { kind: 'share', share: 0.01 },
      { kind: 'share', share: 0.2 },
      { kind: 'rest' },
    ],
  },
  gate: { failureLimit: 0.05, limits: {}, minimum: 1, successTarget: 0.95, soakMs: 0, checks: [] },
  batch: { size: 100, parallel: 1, timeoutMs: 3_600_000, startWithinMs: 3_600_000 },
  retry: { attempts: 1, on: [], firstMs: 0, factor: 1, mostMs: 0 },
  onBreach: 'hold',
  notify: [],
  priority: 3,
};

async function measure(count: number): Promise<PlanCost> {
  const planning = createPlanningActivities({
    hubs: { get: () => hubOf(count) },
    ledger,
    claims: { rolloutsOn: () => Promise.resolve([]) },
    windows: createWindowActivities(),
  });
  const planRollout = (each: PlanInput) => planning.planRollout(each);
  const env = new MockActivityEnvironment();
  const idleBytes = process.memoryUsage.rss();
  const from = performance.now();
  const input = { rolloutId: 'bench' as RolloutId, spec, runId: 'run' };
  const plan = await env.run<[PlanInput], PlanSummary, typeof planRollout>(planRollout, input);
  if (plan.deviceCount !== count) throw new Error(`planned ${plan.deviceCount} of ${count} devices`);
  // Linux counts maxRSS in KB, and node passes it on as it is.
  return { ms: performance.now() - from, idleBytes, peakBytes: process.resourceUsage().maxRSS * 1024 };
}

// A process a planning: what one has used, the next one would not need to get.
void measure(Number(process.argv[2])).then((cost) => process.send?.(cost, undefined, undefined, () => process.exit()));
