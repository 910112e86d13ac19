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
const TUNED = [
  'history.transferProcessorMaxPollRPS=2000',
  'history.timerProcessorMaxPollRPS=2000',
  'history.timerProcessorMaxTimeShift="10ms"',
  'history.workflowIdReuseMinimalInterval="0s"',
];

/** Logs errors only: tests provoke many a warning. Once a test file, before anything else of Temporal's. */
export const quiet = (): void => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
};

/** A real Temporal dev server of its own, on a free port of the loopback interface. Needs `temporal` on PATH. */
export async function startTemporal(): Promise<TestWorkflowEnvironment> {
  quiet();
  return TestWorkflowEnvironment.createLocal({
    server: {
      executable: { type: 'existing-path', path: await which('temporal') },
      ip: '127.0.0.1',
      extraArgs: TUNED.flatMap((value) => ['--dynamic-config-value', value]),
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
  });
