import { z } from 'zod';
import { record, whole } from './fields';
import { problemsOf, type SpecProblem } from './problems';

const MOST_CHARACTERS = 1_000;
const WHY = `why, for the history: 1 to ${MOST_CHARACTERS} characters`;

const controlOrder = record({
  reason: z
    .string({ error: WHY })
    .max(MOST_CHARACTERS, { error: WHY })
    .refine((reason) => reason.trim() !== '', { error: WHY }),
  /** How many decisions the person had seen. */
  seen: whole(0, Number.MAX_SAFE_INTEGER).optional(),
});

export type CheckedOrder = z.output<typeof controlOrder>;

/** Checks what a page sends to steer a rollout. */
export function checkControlOrder(
  json: unknown,
):
  | { readonly kind: 'valid'; readonly order: CheckedOrder }
  | { readonly kind: 'invalid'; readonly problems: readonly SpecProblem[] } {
  const parsed = controlOrder.safeParse(json);
  return parsed.success
    ? { kind: 'valid', order: parsed.data }
    : { kind: 'invalid', problems: problemsOf(parsed.error.issues, json) };
}
