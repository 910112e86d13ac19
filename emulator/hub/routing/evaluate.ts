import { isObject, member } from '../../world/json';
import { binary, type Compiled as CompiledOn, negation, type Value } from '../conditions/operators';
import type { Expression, Path } from './ast';
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

export type Compiled = CompiledOn<Message>;

/** Compiles an expression once, to be worked out on many messages. */
export function compile(expression: Expression): Compiled {
  switch (expression.kind) {
    case 'literal':
      return () => expression.value;
    case 'path':
      return compilePath(expression);
    case 'not':
      return negation(compile(expression.operand));
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
