import type { BinaryOperator, Value } from '../conditions/operators';

/** A condition or a value in it. */
export type Expression =
  | { readonly kind: 'binary'; readonly op: BinaryOperator; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'not'; readonly operand: Expression }
  | { readonly kind: 'in'; readonly negated: boolean; readonly left: Expression; readonly list: readonly Value[] }
  | {
      readonly kind: 'call';
      readonly op: 'is_defined' | 'startswith' | 'endswith';
      readonly args: readonly Expression[];
    }
  | { readonly kind: 'literal'; readonly value: Value }
  | Path;

/** `tags.building` is `['tags', 'building']`. */
export interface Path {
  readonly kind: 'path';
  readonly steps: readonly string[];
}

export interface Aggregate {
  readonly kind: 'aggregate';
  readonly op: 'count' | 'avg' | 'sum' | 'min' | 'max';
  readonly path: Path | undefined;
}

export interface Item {
  readonly value: Path | Aggregate;
  readonly alias: string | undefined;
}

export interface Query {
  readonly top: number | undefined;
  readonly select: '*' | readonly Item[];
  readonly from: 'devices' | 'devices.modules' | 'devices.jobs';
  readonly where: Expression | undefined;
  readonly group: readonly Path[] | undefined;
}
