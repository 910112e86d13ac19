import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { WORKFLOW_BUNDLE } from './paths';

/** Build step: bundles the workflows once, so that a worker starts fast and runs exactly what was tested. */
async function main(): Promise<void> {
  const workflowsPath = join(__dirname, '..', 'workflows');
  const { code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('WARN') });
  await writeFile(WORKFLOW_BUNDLE, code);
}

void main();
