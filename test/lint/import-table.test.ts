import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

interface Case {
  readonly file: string;
  readonly line: string;
}

const FORBIDDEN: readonly Case[] = [
  { file: 'domain/ids.ts', line: "import { readFile } from 'node:fs';" },
  { file: 'domain/ids.ts', line: "import { z } from 'zod';" },
  { file: 'domain/ids.ts', line: "import { allOf } from '../activities/pages';" },
  { file: 'domain/ids.ts', line: "import type { Hub } from '../activities/ports';" },
  { file: 'spec/problems.ts', line: "import { readFile } from 'node:fs';" },
  { file: 'workflows/rollout.ts', line: "import { createPlans } from '../activities/ledger/plans';" },
  { file: 'workflows/rollout.ts', line: "import { readFile } from 'node:fs';" },
  { file: 'workflows/rollout.ts', line: "import { Registry } from 'azure-iothub';" },
  { file: 'workflows/rollout.ts', line: "import { parseRolloutSpec } from '../spec/rollout/parse';" },
  { file: 'activities/waves.ts', line: "import { Registry } from 'azure-iothub';" },
  { file: 'activities/waves.ts', line: "import { rollout } from '../workflows/rollout';" },
  { file: 'activities/executors/job.ts', line: "import { rollout } from '../../workflows/rollout';" },
  { file: 'activities/azure/iot-hub.ts', line: "import { failureOf } from '../../worker/failures';" },
  { file: 'worker/main.ts', line: "import { main } from '../cli/main';" },
  { file: 'worker/main.ts', line: "import { startEmulator } from '../emulator/server';" },
  { file: 'cli/main.ts', line: "import { createPlans } from '../activities/ledger/plans';" },
  { file: 'cli/main.ts', line: "import { startEmulator } from '../emulator/server';" },
  { file: 'cli/main.ts', line: "import { rollout } from '../workflows/rollout';" },
  { file: 'infra/index.ts', line: "import { allOf } from '../activities/pages';" },
  { file: 'device/main.ts', line: "import { startEmulator } from '../emulator/server';" },
  { file: 'tools/index.ts', line: "import { main } from '../cli/main';" },
  { file: 'telemetry/merge.ts', line: "import { TableClient } from '@azure/data-tables';" },
  { file: 'telemetry/tables/states.ts', line: "import { allOf } from '../../activities/pages';" },
  { file: 'emulator/server.ts', line: "import { hash32 } from '../domain/order';" },
  { file: 'emulator/hub/hub.ts', line: "import type { Hub } from '../../activities/ports';" },
];

const ALLOWED: readonly Case[] = [
  { file: 'domain/planning.ts', line: "import type { Gate } from './spec';" },
  { file: 'spec/problems.ts', line: "import type { z } from 'zod';" },
  { file: 'workflows/rollout.ts', line: "import type { ShareActivities } from '../activities/contracts';" },
  { file: 'activities/waves.ts', line: "import { Context } from '@temporalio/activity';" },
  { file: 'activities/executors/job.ts', line: "import { jobIdOf } from '../../domain/share';" },
  { file: 'activities/azure/iot-hub.ts', line: "import { Registry } from 'azure-iothub';" },
  { file: 'cli/main.ts', line: "import { rolloutState } from '../workflows/messages';" },
  { file: 'cli/main.ts', line: "import type { rollout } from '../workflows/rollout';" },
  { file: 'telemetry/tables/states.ts', line: "import { TableClient } from '@azure/data-tables';" },
  { file: 'emulator/server.ts', line: "import { Hubs } from './hub/hubs';" },
];

const refusals = (cases: readonly Case[]): readonly Case[] => {
  const refused = JSON.parse(
    execFileSync(process.execPath, [join(__dirname, 'lint-imports.mjs')], {
      input: JSON.stringify(cases),
      encoding: 'utf8',
    }),
  ) as boolean[];
  return cases.filter((_, index) => refused[index]);
};

it('refuses each import that the table forbids, and none that it allows', () => {
  expect(refusals([...FORBIDDEN, ...ALLOWED])).toEqual(FORBIDDEN);
});
