import { isObject, member, type JsonObject } from '../../world/json';
import { binary, type Compiled as CompiledOn, isPrimitive, negation, type Value } from '../conditions/operators';
import type { Expression, Path } from './ast';

/** Works a compiled expression out on one document. */
export type Compiled = CompiledOn<JsonObject>;

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
