/**
 * What the languages of queries and of routes have in common, as pieces of peggy grammars
 * (iot-hub/iot-hub-devguide-query-language.md, "Expressions and conditions", which
 * iot-hub/iot-hub-devguide-routing-query-syntax.md refers to). Backslashes are doubled once for TypeScript (String.raw).
 */

/** For the initializer: makes a tree, from the left, of a first operand and the operators and operands after it. */
export const CHAIN = String.raw`
  const chain = (first, rest) => rest.reduce((left, [, op, , right]) => ({ kind: 'binary', op, left, right }), first);
  const ZERO = { kind: 'literal', value: 0 };
  const minus = (right) => ({ kind: 'binary', op: '-', left: ZERO, right });
`;

/** Rules, from OR down to signs. The language adds `Comparison`, of `Sum`s, and `Primary`. */
export const OPERATIONS = String.raw`
Or = first:And rest:(_ OrWord _ And)* { return chain(first, rest); }
And = first:Not rest:(_ AndWord _ Not)* { return chain(first, rest); }
Not = nots:("NOT"i !Word _)* operand:Comparison { return nots.reduce((operand) => ({ kind: 'not', operand }), operand); }
Operand = op:Relation _ right:Sum { return { kind: 'binary', op, right }; }
Sum = first:Product rest:(_ [+-] _ Product)* { return chain(first, rest); }
Product = first:Signed rest:(_ [*/%] _ Signed)* { return chain(first, rest); }
Signed
  = Primary
  / minuses:("-" _)+ operand:Primary { return minuses.reduce(minus, operand); }

AndWord = "AND"i !Word { return 'and'; }
OrWord = "OR"i !Word { return 'or'; }
Relation = ("<>" / "!=") { return '!='; } / "<=" / ">=" / "=" / "<" / ">"
`;

/** Rules of single words. The language adds numbers. */
export const WORDS = String.raw`
Word = [A-Za-z0-9_$]

Constant
  = "true"i !Word { return true; }
  / "false"i !Word { return false; }
  / "null"i !Word { return null; }
  / "undefined"i !Word { return undefined; }

Text = "'" @Characters1 "'" / '"' @Characters2 '"'
Characters1 = parts:(Escape / $[^'\\]+)* { return parts.join(''); }
Characters2 = parts:(Escape / $[^"\\]+)* { return parts.join(''); }
Escape
  = "\\u" code:$([0-9a-f]i [0-9a-f]i [0-9a-f]i [0-9a-f]i) { return String.fromCharCode(parseInt(code, 16)); }
  / "\\" char:['"\\/bfnrt] { return { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }[char] ?? char; }

_ "white space" = [ \t\r\n]*
`;
