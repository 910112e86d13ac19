import type { QuarantineRule, RollbackRule, WatchRule } from '../../domain/spec';
import { jsonObject, record, whole } from '../fields';
import { action } from './action';
import { rollbackGate } from './gate';
import { condition, duration, share } from './units';

export const rollback = record({
  action: action
    .optional()
    .meta({ without: "each twin's own snapshot", sameAs: 'action' })
    .describe(
      'What brings a device back. Twins go back to what they held before, device by device, unless it is given; a method needs it.',
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
}).transform((rule): QuarantineRule => rule);
