import { generate, type Parser } from 'peggy';
import { HubError } from '../errors';
import type { Expression } from './ast';
import { compile, type Message } from './evaluate';
import { ARITIES } from './functions';
import { GRAMMAR } from './grammar';

/** Longest text and deepest nesting that are looked at; no honest condition comes near them. */
const LONGEST = 8192;
const DEEPEST = 100;

let parser: Parser | undefined;

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

function parse(text: string): Expression {
  if (text.length > LONGEST) throw invalid(`it has ${text.length} characters; at most ${LONGEST} are allowed`);
  if (depthOf(text) > DEEPEST) throw invalid(`it is nested deeper than ${DEEPEST}`);
  parser ??= generate(GRAMMAR, { cache: true });
  try {
    return parser.parse(text, { functions: ARITIES }) as Expression; // the grammar makes nothing else
  } catch (error) {
    if (!(error instanceof parser.SyntaxError)) throw error;
    const { line, column } = error.location.start;
    throw invalid(`${line}:${column}: ${error.message}`);
  }
}

const invalid = (problem: string): HubError =>
  new HubError('ArgumentInvalid', `The condition of the route is invalid: ${problem}`);

/** An upper bound of how deep the text can nest. */
function depthOf(text: string): number {
  let [depth, deepest] = [0, 0];
  for (const token of text.match(/[([]|[)\]]|\bNOT\b|-/gi) ?? []) {
    depth += token === ')' || token === ']' ? -1 : 1;
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}
