import type * as Lint from '../spec/rollout/lint';
import type * as Schedule from '../spec/schedule';
import type * as Spec from '../spec/rollout/parse';
import type * as Audit from './audit';
import type * as CodecServer from './codec-server';
import type * as Connect from './connect';
import type * as Page from './page';
import type * as Planned from './rollout/planned';
import type * as ServerChecks from './rollout/server-checks';
import type * as Watch from './rollout/watch';
import type * as Webhook from './stack/webhook';

/* eslint-disable @typescript-eslint/no-require-imports --
   The Temporal client and zod take half a second to load. They load when an action runs, so that help, version and usage
   errors are instant. `import()` of a relative path would need file extensions in CommonJS output. */

/** The modules that are slow to load, each loaded at its first use. */
export const lazy = {
  audit: () => require('./audit') as typeof Audit,
  codecServer: () => require('./codec-server') as typeof CodecServer,
  connect: () => require('./connect') as typeof Connect,
  lint: () => require('../spec/rollout/lint') as typeof Lint,
  schedule: () => require('../spec/schedule') as typeof Schedule,
  page: () => require('./page') as typeof Page,
  planned: () => require('./rollout/planned') as typeof Planned,
  serverChecks: () => require('./rollout/server-checks') as typeof ServerChecks,
  spec: () => require('../spec/rollout/parse') as typeof Spec,
  watch: () => require('./rollout/watch') as typeof Watch,
  webhook: () => require('./stack/webhook') as typeof Webhook,
};
