import { join } from 'node:path';

/** Where the build puts the workflow bundle, beside the compiled worker. */
export const WORKFLOW_BUNDLE = join(__dirname, 'workflow-bundle.js');

/** The same workflows with a failure converter that leaves nothing of a failure in clear: for workers with keys. */
export const ENCRYPTING_WORKFLOW_BUNDLE = join(__dirname, 'workflow-bundle-encrypting.js');
