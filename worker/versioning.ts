import type { WorkerDeploymentOptions } from '@temporalio/worker';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';

/** The names under which Temporal's Worker Controller for Kubernetes tells a worker its version. */
const DEPLOYMENT = 'TEMPORAL_DEPLOYMENT_NAME';
const BUILD = 'TEMPORAL_WORKER_BUILD_ID';

/** Workers with the same workflow code are the same build. @returns 16 hexadecimal digits of the bundle's SHA-256 */
export const buildIdOf = async (bundle: string): Promise<string> =>
  createHash('sha256')
    .update(await readFile(bundle))
    .digest('hex')
    .slice(0, 16);

/**
 * How the worker takes part in Worker Deployments: a workflow stays on the build that began it, and moves on when it
 * continues as new.
 *
 * @returns undefined where the environment names no deployment: then workers of every build share the work
 */
export async function versioningOf(
  env: Readonly<Record<string, string | undefined>>,
  bundle: string,
): Promise<WorkerDeploymentOptions | undefined> {
  const { [DEPLOYMENT]: deploymentName, [BUILD]: buildId } = env;
  if (deploymentName === undefined || deploymentName === '') {
    if (buildId === undefined || buildId === '') return undefined;
    throw new Error(`${BUILD} is set without ${DEPLOYMENT}: a build belongs to a deployment`);
  }
  return {
    useWorkerVersioning: true,
    version: { deploymentName, buildId: buildId === undefined || buildId === '' ? await buildIdOf(bundle) : buildId },
    defaultVersioningBehavior: 'PINNED',
  };
}
