import type { RolloutSpec } from '../../domain/spec';
import { pathText, type SpecProblem } from '../problems';
import { ADVICE } from './advice';
import type { ReadFile } from './device-file';
import { placeRolloutSpec } from './parse';
import type { Position } from './source';

/** What is allowed and most likely not meant. */
export interface Warning extends Partial<Position> {
  /** Names the rule, for people who look it up. */
  readonly rule: string;
  readonly path: string;
  readonly why: string;
  /** What to write instead. */
  readonly write: string;
}

/** What `rollout lint` finds in a spec. */
export type Findings =
  | { readonly kind: 'valid'; readonly spec: RolloutSpec; readonly warnings: readonly Warning[] }
  | { readonly kind: 'invalid'; readonly problems: readonly SpecProblem[] };

/**
 * Checks a spec and gives advice: what is allowed and most likely not meant, with why and what to write. Only a spec without
 * mistakes is given advice.
 *
 * @param read as for `parseRolloutSpec`
 */
export function lintRolloutSpec(text: string, read?: ReadFile): Findings {
  const parsed = placeRolloutSpec(text, read);
  if (parsed.kind === 'invalid') return parsed;
  const { spec, place } = parsed;
  const warnings = Object.entries(ADVICE).flatMap(([rule, ask]): Warning[] => {
    const advice = ask(spec);
    return advice ? [{ rule, ...advice, path: pathText(advice.path), ...place(advice.path) }] : [];
  });
  return { kind: 'valid', spec, warnings };
}
