import { join } from 'node:path';

/** Where the build puts the workflow bundle, beside the compiled worker. */
export const WORKFLOW_BUNDLE = join(__dirname, 'workflow-bundle.js');
