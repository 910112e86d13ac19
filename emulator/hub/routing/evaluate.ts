import { isObject, member } from '../../world/json';
import type { Expression, Operator, Path, Value } from './ast';
import { functionOf } from './functions';

/** A message as conditions see it. Names of properties are in lower case: they are compared without case. */
export interface Message {
  readonly system: ReadonlyMap<string, string>;
  readonly properties: ReadonlyMap<string, string>;
  /** The body where it is JSON and the message says so; read when first asked for. */
  readonly body: () => Value;
  /** Of the device or module: `{ tags, properties: { desired, reported } }`. */
  readonly twin: () => Value;
}

export type Compiled = (message: Message) => Value;

/** Compiles an expression once, to be worked out on many messages. */
export function compile(expression: Expression): Compiled {
  switch (expression.kind) {
    case 'literal':
      return () => expression.value;
    case 'path':
      return compilePath(expression);
    case 'not': {
      const operand = compile(expression.operand);
      return (message) => {
        const value = operand(message);
        return typeof value === 'boolean' ? !value : undefined;
      };
    }
    case 'call': {
      const [work, args] = [functionOf(expression.op), expression.args.map(compile)];
      return (message) => work(...args.map((arg) => arg(message)));
    }
    case 'binary':
      return binary(expression.op, compile(expression.left), compile(expression.right));
  }
}

function compilePath({ root, steps }: Path): Compiled {
  const [name = ''] = steps;
  if (root === '') return ({ properties }) => properties.get(name);
  if (root === '$') return ({ system }) => system.get(name);
  return ({ body, twin }) => steps.reduce(stepInto, root === '$body' ? body() : twin());
}

function stepInto(value: Value, step: string): Value {
  if (Array.isArray(value)) return /^\d+$/.test(step) ? (value as Value[])[Number(step)] : undefined;
  return isObject(value) ? member(value, step) : undefined;
}

function binary(op: Operator, left: Compiled, right: Compiled): Compiled {
  if (op === 'and' || op === 'or') return logical(op === 'or', left, right);
  return (message) => apply(op, left(message), right(message));
}

/** False wins over undefined in AND, and true in OR, whichever side it stands on. */
const logical =
  (winner: boolean, left: Compiled, right: Compiled): Compiled =>
  (message) => {
    const a = left(message);
    if (a === winner) return winner;
    const b = right(message);
    if (b === winner) return winner;
    return typeof a === 'boolean' && typeof b === 'boolean' ? !winner : undefined;
  };

function apply(op: Exclude<Operator, 'and' | 'or'>, a: Value, b: Value): Value {
  if (!isPrimitive(a) || !isPrimitive(b)) return undefined;
  if (op === '=') return a === b;
  if (op === '!=') return a !== b;
  if (typeof a === 'number' && typeof b === 'number') return ofNumbers(op, a, b);
  return typeof a === 'string' && typeof b === 'string' ? ofTexts(op, a, b) : undefined;
}

function ofNumbers(op: Exclude<Operator, 'and' | 'or' | '=' | '!='>, a: number, b: number): Value {
  switch (op) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return a / b;
    case '%':
      return a % b;
    case '<':
    case '<=':
    case '>':
    case '>=':
      return isOrdered(op, a - b);
  }
}

/** By ordinal, so that ISO dates order well. */
const ofTexts = (op: string, a: string, b: string): Value => isOrdered(op, a < b ? -1 : Number(a > b));

function isOrdered(op: string, sign: number): Value {
  if (op === '<') return sign < 0;
  if (op === '<=') return sign <= 0;
  if (op === '>') return sign > 0;
  return op === '>=' ? sign >= 0 : undefined;
}

const isPrimitive = (value: Value): boolean => value !== undefined && (value === null || typeof value !== 'object');
