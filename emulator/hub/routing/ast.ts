import type { BinaryOperator, Value } from '../conditions/operators';
import type { FunctionName } from './functions';

/** A route's condition, or a value in it. */
export type Expression =
  | { readonly kind: 'binary'; readonly op: BinaryOperator; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'not'; readonly operand: Expression }
  | { readonly kind: 'call'; readonly op: FunctionName; readonly args: readonly Expression[] }
  | { readonly kind: 'literal'; readonly value: Value }
  | Path;

/** Root `''` is an application property and `$` a system property, both by their name in lower case. */
export interface Path {
  readonly kind: 'path';
  readonly root: '' | '$' | '$body' | '$twin';
  readonly steps: readonly string[];
}
