import { isObject, member, type JsonObject } from '../../world/json';
import type { BinaryOperator, Expression, Path, Value } from './ast';

/** Works a compiled expression out on one document. */
export type Compiled = (document: JsonObject) => Value;

/** Compiles a condition: true only where it is exactly true, so undefined and null count as false. */
export function compileCondition(where: Expression | undefined): (document: JsonObject) => boolean {
  if (where === undefined) return () => true;
  const compiled = compile(where);
  return (document) => compiled(document) === true;
}

/** Compiles an expression once, to be worked out on many documents. */
export function compile(expression: Expression): Compiled {
  switch (expression.kind) {
    case 'literal':
      return () => expression.value;
    case 'path':
      return compilePath(expression);
    case 'not':
      return negation(compile(expression.operand));
    case 'in':
      return membership(compile(expression.left), expression.list, expression.negated);
    case 'call':
      return call(expression.op, expression.args.map(compile));
    case 'binary':
      return binary(expression.op, compile(expression.left), compile(expression.right));
  }
}

/**
 * Compiles a path. `devices.`, `devices.modules.` or `devices.jobs.` in front is dropped; the first step is compared without case (`LastActivityTime` is
 * written so in the documentation), further ones with.
 */
export function compilePath({ steps }: Path): Compiled {
  const [first = '', ...rest] = withoutSource(steps);
  const lower = first.toLowerCase();
  return (document) => {
    const key = Object.hasOwn(document, first)
      ? first
      : Object.keys(document).find((each) => each.toLowerCase() === lower);
    let value: Value = key === undefined ? undefined : document[key];
    for (const step of rest) value = isObject(value) ? member(value, step) : undefined;
    return value;
  };
}

/** A path's steps without the collection's name in front. */
export function withoutSource(steps: readonly string[]): readonly string[] {
  const source = /^(devices\.jobs|devices\.modules|devices)\../i.exec(steps.join('.'))?.[1];
  return steps.slice(source?.split('.').length ?? 0);
}

const negation =
  (operand: Compiled): Compiled =>
  (document) => {
    const value = operand(document);
    return typeof value === 'boolean' ? !value : undefined;
  };

function membership(left: Compiled, list: readonly Value[], negated: boolean): Compiled {
  const known = new Set(list);
  return (document) => {
    const value = left(document);
    return isPrimitive(value) ? known.has(value) !== negated : undefined;
  };
}

function call(op: 'is_defined' | 'startswith' | 'endswith', args: readonly Compiled[]): Compiled {
  const [subject, other] = args as [Compiled, Compiled]; // the grammar checks how many there are
  if (op === 'is_defined') return (document) => subject(document) !== undefined;
  return (document) => {
    const [text, part] = [subject(document), other(document)];
    if (typeof text !== 'string' || typeof part !== 'string') return undefined;
    return op === 'startswith' ? text.startsWith(part) : text.endsWith(part);
  };
}

function binary(op: BinaryOperator, left: Compiled, right: Compiled): Compiled {
  // False wins over undefined in AND, and true in OR, whichever side it stands on.
  if (op === 'and' || op === 'or') {
    const winner = op === 'or';
    return (document) => {
      const a = left(document);
      if (a === winner) return winner;
      const b = right(document);
      if (b === winner) return winner;
      return typeof a === 'boolean' && typeof b === 'boolean' ? !winner : undefined;
    };
  }
  const apply = OPERATORS[op];
  return (document) => apply(left(document), right(document));
}

type Primitive = null | boolean | number | string;
type Operator = (a: Value, b: Value) => Value;

const isPrimitive = (value: Value): value is Primitive =>
  value !== undefined && (value === null || typeof value !== 'object');
const kindOf = (value: Primitive): string => (value === null ? 'null' : typeof value);

/** Values of different types are unequal; arrays, objects and what is absent compare with nothing. */
const equality =
  (equal: boolean): Operator =>
  (a, b) =>
    isPrimitive(a) && isPrimitive(b) ? (a === b) === equal : undefined;

/** Only within one type; strings by ordinal, so that ISO dates order well. */
const order =
  (holds: (sign: number) => boolean): Operator =>
  (a, b) =>
    isPrimitive(a) && isPrimitive(b) && a !== null && b !== null && kindOf(a) === kindOf(b)
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
