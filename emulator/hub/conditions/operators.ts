import type { Json } from '../../world/json';

/**
 * What an expression comes to; `undefined` for what a document or message does not hold, and for operators on wrong
 * types.
 */
export type Value = Json | undefined;

export type BinaryOperator = 'and' | 'or' | '=' | '!=' | '<' | '>' | '<=' | '>=' | '+' | '-' | '*' | '/' | '%';

/** Works a compiled expression out on one subject: a document of a query, or a message of a route. */
export type Compiled<S> = (subject: S) => Value;

type Primitive = null | boolean | number | string;
type Operator = (a: Value, b: Value) => Value;

/** Whether a value can be compared: it is there, and is no array and no object. */
export const isPrimitive = (value: Value): value is Primitive =>
  value !== undefined && (value === null || typeof value !== 'object');

export const negation =
  <S>(operand: Compiled<S>): Compiled<S> =>
  (subject) => {
    const value = operand(subject);
    return typeof value === 'boolean' ? !value : undefined;
  };

/** One operator of both languages (iot-hub/iot-hub-devguide-query-language.md, "Operators"). */
export function binary<S>(op: BinaryOperator, left: Compiled<S>, right: Compiled<S>): Compiled<S> {
  if (op === 'and' || op === 'or') return logical(op === 'or', left, right);
  const apply = OPERATORS[op];
  return (subject) => apply(left(subject), right(subject));
}

/** False wins over undefined in AND, and true in OR, whichever side it stands on. */
const logical =
  <S>(winner: boolean, left: Compiled<S>, right: Compiled<S>): Compiled<S> =>
  (subject) => {
    const a = left(subject);
    if (a === winner) return winner;
    const b = right(subject);
    if (b === winner) return winner;
    return typeof a === 'boolean' && typeof b === 'boolean' ? !winner : undefined;
  };

/** Values of different types are unequal; arrays, objects and what is absent compare with nothing. */
const equality =
  (equal: boolean): Operator =>
  (a, b) =>
    isPrimitive(a) && isPrimitive(b) ? (a === b) === equal : undefined;

/** Only within one type, and not of null; strings by ordinal, so that ISO dates order well. */
const order =
  (holds: (sign: number) => boolean): Operator =>
  (a, b) =>
    isPrimitive(a) && isPrimitive(b) && a !== null && b !== null && typeof a === typeof b
      ? holds(a < b ? -1 : Number(a > b))
      : undefined;

const arithmetic =
  (apply: (a: number, b: number) => number): Operator =>
  (a, b) =>
    typeof a === 'number' && typeof b === 'number' ? apply(a, b) : undefined;

const OPERATORS: Readonly<Record<Exclude<BinaryOperator, 'and' | 'or'>, Operator>> = {
  '=': equality(true),
  '!=': equality(false),
  '<': order((sign) => sign < 0),
  '<=': order((sign) => sign <= 0),
  '>': order((sign) => sign > 0),
  '>=': order((sign) => sign >= 0),
  '+': arithmetic((a, b) => a + b),
  '-': arithmetic((a, b) => a - b),
  '*': arithmetic((a, b) => a * b),
  '/': arithmetic((a, b) => a / b),
  '%': arithmetic((a, b) => a % b),
};
