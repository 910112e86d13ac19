import type { Bound } from '../../domain/spec';

const COMPARE: Readonly<Record<Bound['op'], (value: number, bound: number) => boolean>> = {
  '<': (value, bound) => value < bound,
  '<=': (value, bound) => value <= bound,
  '>': (value, bound) => value > bound,
  '>=': (value, bound) => value >= bound,
};

/** NaN is within no bound. */
export const within = (value: number, { op, value: bound }: Bound): boolean => COMPARE[op](value, bound);
