import { readerOf } from '../conditions/reader';
import type { Expression } from './ast';
import { compile, type Message } from './evaluate';
import { ARITIES } from './functions';
import { GRAMMAR } from './grammar';

const read = readerOf({ name: 'condition of the route', grammar: GRAMMAR, startRules: ['Condition'], cache: true });

/** Whether a message is the route's. */
export type Condition = (message: Message) => boolean;

/**
 * Reads a route's condition. It holds where it is exactly true; undefined and null count as false.
 *
 * @throws HubError ArgumentInvalid with the place of the mistake as `line:column`, both from 1
 */
export function compileCondition(text: string): Condition {
  const holds = compile(parse(text));
  return (message) => holds(message) === true;
}

/** Reads a condition for its mistakes alone, as the Resource Manager does. @throws as {@link compileCondition} */
export const checkCondition = (text: string): void => void parse(text);

const parse = (text: string): Expression => read(text, 'Condition', { functions: ARITIES }) as Expression; // the grammar makes nothing else
