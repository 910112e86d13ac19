import { generate, type Parser } from 'peggy';
import { HubError } from '../errors';
import type { Expression, Query } from './ast';
import { GRAMMAR } from './grammar';

/** Longest query text (iot-hub/iot-hub-devguide-quotas-throttling.md says 8,192 characters for conditions). */
const LONGEST = 8192;
/** Keeps a hostile text from exhausting the stack; no honest query comes near it. */
const DEEPEST = 100;

let parser: Parser | undefined;

/**
 * Parses a whole query.
 *
 * @throws HubError ArgumentInvalid with the place of the mistake as `line:column`, both from 1
 */
export const parseQuery = (text: string): Query => parse(text, 'Query') as Query;

/** Parses a bare condition; `*` is no condition. @throws as {@link parseQuery} */
export const parseCondition = (text: string): Expression | undefined =>
  parse(text, 'Condition') as Expression | undefined;

function parse(text: string, startRule: 'Query' | 'Condition'): unknown {
  if (text.length > LONGEST) throw invalid(`it has ${text.length} characters; at most ${LONGEST} are allowed`);
  if (depthOf(text) > DEEPEST) throw invalid(`parentheses are nested deeper than ${DEEPEST}`);
  parser ??= generate(GRAMMAR, { allowedStartRules: ['Query', 'Condition'] });
  try {
    return parser.parse(text, { startRule });
  } catch (error) {
    if (!(error instanceof parser.SyntaxError)) throw error;
    const { line, column } = error.location.start;
    throw invalid(`${line}:${column}: ${error.message}`);
  }
}

const invalid = (problem: string): HubError => new HubError('ArgumentInvalid', `The query is invalid: ${problem}`);

/** How deep the text nests outside of its literals; texts in quotation marks count for nothing. */
function depthOf(text: string): number {
  let [depth, deepest] = [0, 0];
  for (const token of text.match(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[([]|[)\]]/gs) ?? []) {
    if (token.length === 1) depth += token === ')' || token === ']' ? -1 : 1;
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}
