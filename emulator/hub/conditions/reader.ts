import { generate, type Parser } from 'peggy';
import { HubError } from '../errors';

/** Longest text (iot-hub/iot-hub-devguide-quotas-throttling.md says 8,192 characters for conditions). */
export const LONGEST = 8192;
/** Keeps a hostile text from exhausting the stack; no honest one comes near it. */
const DEEPEST = 100;

/** A language to be read. */
export interface Language {
  /** What its texts are called in errors, such as `query`. */
  readonly name: string;
  readonly grammar: string;
  /** The first is the usual one. */
  readonly startRules: readonly [string, ...string[]];
  /** Has peggy remember what it has read, so that reading it again for another alternative costs nothing. */
  readonly cache?: boolean;
}

/**
 * Makes a reader of a language. Its parser is generated when the first text is read.
 *
 * @returns reads a text as `startRule` and gives what the grammar's actions make of it; `options` are for those actions
 *          @throws HubError ArgumentInvalid with the place of the mistake as `line:column`, both from 1
 */
export function readerOf({ name, grammar, startRules, cache = false }: Language) {
  let parser: Parser | undefined;
  const invalid = (problem: string): HubError => new HubError('ArgumentInvalid', `The ${name} is invalid: ${problem}`);
  return (text: string, startRule = startRules[0], options: object = {}): unknown => {
    if (text.length > LONGEST) throw invalid(`it has ${text.length} characters; at most ${LONGEST} are allowed`);
    if (depthOf(text) > DEEPEST) throw invalid(`parentheses are nested deeper than ${DEEPEST}`);
    parser ??= generate(grammar, { allowedStartRules: [...startRules], cache });
    try {
      return parser.parse(text, { ...options, startRule });
    } catch (error) {
      if (!(error instanceof parser.SyntaxError)) throw error;
      const { line, column } = error.location.start;
      throw invalid(`${line}:${column}: ${error.message}`);
    }
  };
}

/** How deep the text nests outside of its literals; texts in quotation marks count for nothing. */
function depthOf(text: string): number {
  let [depth, deepest] = [0, 0];
  for (const token of text.match(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[([]|[)\]]/gs) ?? []) {
    if (token.length === 1) depth += token === ')' || token === ']' ? -1 : 1;
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}
