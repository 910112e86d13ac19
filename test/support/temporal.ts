import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { join } from 'node:path';
import which from 'which';
import type { Activities } from '../../activities';
import { failureInterceptor } from '../../worker/failures';

/** The bundle that the build ships: what is tested is what runs. */
export const workflowBundle = { codePath: join(__dirname, '../../dist/worker/workflow-bundle.js') };

/**
 * Takes away governors of the dev server that make short workflows slow: polls a second, and the least age of a run.
 *
 * @see docs/decisions/0005-temporal-dev-server.md
 */
export const TUNED = [
  'history.transferProcessorMaxPollRPS=2000',
  'history.timerProcessorMaxPollRPS=2000',
  'history.timerProcessorMaxTimeShift="10ms"',
  'history.workflowIdReuseMinimalInterval="0s"',
];

let isQuiet = false;

/**
 * Logs errors only: tests provoke many a warning. Before anything else of Temporal's; again is no error.
 *
 * @param core `OFF` where even errors of connections are part of the test
 */
export const quiet = (core?: 'OFF'): void => {
  if (isQuiet) return;
  Runtime.install({
    logger: new DefaultLogger('ERROR'),
    ...(core && { telemetryOptions: { logging: { filter: core } } }),
  });
  isQuiet = true;
};

/** Has the server suggest continuing as new after so many events; it would only after thousands. */
export const suggestAfter = (events: number): string => `limit.historyCount.suggestContinueAsNew=${events}`;

/**
 * A real Temporal dev server of its own, on a free port of the loopback interface. Needs `temporal` on PATH.
 *
 * @param settings dynamic configuration beside what makes it fast
 */
export async function startTemporal(...settings: readonly string[]): Promise<TestWorkflowEnvironment> {
  quiet();
  return TestWorkflowEnvironment.createLocal({
    server: {
      executable: { type: 'existing-path', path: await which('temporal') },
      ip: '127.0.0.1',
      extraArgs: [...TUNED, ...settings].flatMap((value) => ['--dynamic-config-value', value]),
      log: { format: 'json', level: 'error' },
    },
  });
}

/** A worker with the product's workflows and the given activities. */
export const workerOf = (
  env: TestWorkflowEnvironment,
  taskQueue: string,
  activities: Partial<Activities>,
): Promise<Worker> =>
  Worker.create({
    connection: env.nativeConnection,
    namespace: env.namespace,
    taskQueue,
    workflowBundle,
    activities,
    interceptors: { activity: [() => ({ inbound: failureInterceptor })] },
    // An activity hears of its cancellation in the answer to a heartbeat: else one in eight seconds.
    maxHeartbeatThrottleInterval: '200 ms',
  });
