import type { QuarantineRule, RollbackRule, WatchRule } from '../../domain/spec';
import { hubNameOf } from '../../domain/ids';
import { jsonObject, record, text, whole } from '../fields';
import { callAction } from './action';
import { rollbackGate } from './gate';
import { condition, duration, share } from './units';

export const rollback = record({
  action: callAction
    .optional()
    .meta({ without: "each twin's own snapshot", sameAs: 'action', allowed: '`method` or `twin`, as in `action`' })
    .describe(
      'What brings a device back. Twins go back to what they held before, device by device, unless it is given; a method needs it. A move takes none: devices go home, and their twins are as they were.',
    ),
  gate: rollbackGate
    .prefault({})
    .meta({ sameAs: 'gate', allowed: '`failureLimit`, `minimum`, `successTarget`' })
    .describe("The rollback's own gate; a breach of it holds."),
}).transform(({ action: back, gate }): RollbackRule => ({ gate, ...(back !== undefined && { action: back }) }));

const failing = record({
  where: condition.describe('Holds for a device that has gone bad.'),
  limit: share().describe("Above this share of the target's devices the rollout holds."),
});

export const watch = record({
  for: duration('1m', '90d').describe('How long after the end.'),
  every: duration('1m', '1d').prefault('5m').describe('How often it looks.'),
  failing: failing.describe('What it looks for.'),
})
  .refine(({ for: span, every }) => every <= span, { path: ['every'], error: 'a duration not longer than `for`' })
  .transform(({ for: span, every, failing: rule }): WatchRule => ({ forMs: span, everyMs: every, failing: rule }));

export const quarantine = record({
  after: whole(1, 10).describe('Failed attempts after which a device is set apart; not above `retry.attempts`.'),
  tags: jsonObject
    .refine((tags) => Object.keys(tags).length > 0, { error: 'an object with at least one tag' })
    .describe('Merged into its tags, so that other rollouts can leave it out.'),
  hub: text('the name of a hub of the stack')
    .optional()
    .meta({ allowed: 'the name of a hub', without: 'it stays where it is' })
    .describe(
      'It is also moved to this hub, none of `target.hubs`: by the method `reprovision`, and where it does not answer, by disabling its old identity. A rollout with `to: origin` brings it back.',
    ),
}).transform(({ hub, ...rule }): QuarantineRule => ({ ...rule, ...(hub !== undefined && { hub: hubNameOf(hub) }) }));
