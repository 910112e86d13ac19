import { z } from 'zod';
import { ROLLOUT_ID } from '../../domain/ids';
import type { RolloutSpec } from '../../domain/spec';
import { matching, oneOf, optionalSection, record, whole } from '../fields';
import { action } from './action';
import { quarantine, rollback, watch } from './after';
import { gate } from './gate';
import { batch, NO_RETRY, offline, retry } from './pace';
import { approvals, notify } from './people';
import { type ParsedTarget, target } from './target';
import { waves } from './waves';
import { window } from './window';

/** The whole document: one section a module, each read straight into the form that workflows see. */
export const document = record({
  apiVersion: z.literal('groundswell/v1', { error: 'groundswell/v1' }).describe('The version of this form.'),
  name: matching(ROLLOUT_ID, 'lower-case letters, digits and single dashes, 1 to 60 characters')
    .meta({ allowed: 'lower-case letters, digits, single dashes, 1 to 60 characters' })
    .describe("Also the rollout's id, unless `--id` names another."),
  target: target.describe('Which devices.'),
  action: action.describe('What is done to each device: `method`, `twin` or `migrate`.'),
  executor: oneOf(['job', 'direct'])
    .optional()
    .meta({ without: '`job`' })
    .describe(
      'Of a method or a twin update; a move takes none. `job`: hub jobs, which a hub runs on by itself but never takes back. `direct`: calls from the worker; they stop within a second and need no job slot, so they also serve hubs of the basic tier.',
    ),
  waves: waves.describe(
    'How the target is cut into waves: a list of sizes (a count, a share of the whole target set such as `20%`, rounded up, or `rest`, last and only there), or an object with `rings`, `cohorts` or `ramp`.',
  ),
  gate: gate.prefault({}).describe('What decides after a batch and after a wave.'),
  batch: batch.prefault({}).describe('How many devices at once, and for how long.'),
  retry: retry.optional().describe('Further tries of devices that did not succeed. Without it each has one attempt.'),
  offline: optionalSection(offline).describe(
    'What becomes of devices that were offline in their wave. Without it they count as not succeeded. `true` for the defaults.',
  ),
  window: window.optional().describe('When batches may begin. Without it, at any time.'),
  approvals: optionalSection(approvals).describe('Whom the rollout asks before it goes on. `true` for the defaults.'),
  onBreach: oneOf(['hold', 'abort', 'rollback'])
    .default('hold')
    .describe('What a tripped failure limit does. An unmet success target always holds.'),
  rollback: optionalSection(rollback).describe(
    'How touched devices are brought back, when `onBreach` or a person says so. `true` for the defaults.',
  ),
  watch: watch.optional().describe("Looks at the target's devices after the end."),
  quarantine: quarantine.optional().describe('Sets devices apart that fail again and again.'),
  notify: notify.optional().describe('Webhooks that hear of the rollout.'),
  priority: whole(1, 5).default(3).describe("1 comes first, 5 last, when rollouts wait for a hub's job slots."),
});

export type Document = z.output<typeof document>;
/** The document in its final form but for device ids that lie in a file. */
export type Draft = Omit<RolloutSpec, 'target'> & { readonly target: ParsedTarget };

/** Twins go back to their snapshots, so that `onBreach: rollback` alone says all there is to say. */
const ownRollback = (onBreach: Document['onBreach']): Document['rollback'] =>
  onBreach === 'rollback' ? rollback.parse({}) : undefined;

function bodyOf(whole: Document): Omit<Document, 'apiVersion'> {
  const body: Partial<Document> & Omit<Document, 'apiVersion'> = { ...whole };
  delete body.apiVersion;
  return body;
}

/** Fills in what the absence of a section means. */
export function draftOf(whole: Document): Draft {
  const { retry: tries = NO_RETRY, notify: hooks = [], executor = 'job', ...rest } = bodyOf(whole);
  const back = rest.rollback ?? ownRollback(rest.onBreach);
  const by = rest.action.kind === 'migrate' ? 'migrate' : executor;
  return { ...rest, executor: by, retry: tries, notify: hooks, ...(back !== undefined && { rollback: back }) };
}
