import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FAILURE_CONVERTER } from '../codec';
import { ENCRYPTING_WORKFLOW_BUNDLE, WORKFLOW_BUNDLE } from './paths';

const workflowsPath = join(__dirname, '..', 'workflows');

async function bundle(file: string, failureConverterPath?: string): Promise<void> {
  const logger = new DefaultLogger('WARN');
  const { code } = await bundleWorkflowCode({ workflowsPath, failureConverterPath, logger });
  await writeFile(file, code);
}

/** Build step: bundles the workflows once, so that a worker starts fast and runs exactly what was tested. */
async function main(): Promise<void> {
  await bundle(WORKFLOW_BUNDLE);
  // A bundle has its converter built in: the sandbox sees nothing of the worker's settings.
  await bundle(ENCRYPTING_WORKFLOW_BUNDLE, FAILURE_CONVERTER);
}

void main();
