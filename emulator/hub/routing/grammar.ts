/**
 * Conditions of routes as a peggy grammar (iot-hub/iot-hub-devguide-routing-query-syntax.md; for functions
 * iot-hub/iot-hub-devguide-query-language.md, "Expressions and conditions"). The nodes are the types of ast.ts. With
 * peggy's cache it takes time in proportion to the text.
 */
export const GRAMMAR = String.raw`
{{
  const chain = (first, rest) => rest.reduce((left, [, op, , right]) => ({ kind: 'binary', op, left, right }), first);
}}

Condition = _ @Or _

Or = first:And rest:(_ OrWord _ And)* { return chain(first, rest); }
And = first:Not rest:(_ AndWord _ Not)* { return chain(first, rest); }
Not = "NOT"i !Word _ operand:Not { return { kind: 'not', operand }; } / Comparison
Comparison
  = left:Sum right:(_ op:Relation _ right:Sum { return { op, right }; })?
    { return right === null ? left : { kind: 'binary', op: right.op, left, right: right.right }; }
Sum = first:Product rest:(_ [+-] _ Product)* { return chain(first, rest); }
Product = first:Unary rest:(_ [*/%] _ Unary)* { return chain(first, rest); }
Unary
  = "-" _ operand:Unary { return { kind: 'binary', op: '-', left: { kind: 'literal', value: 0 }, right: operand }; }
  / Primary
Primary = "(" _ @Or _ ")" / Literal / Call / Path

Call
  = name:Name _ "(" _ args:Arguments? _ ")"
    {
      const op = name.toUpperCase();
      const arity = Object.hasOwn(options.functions, op) ? options.functions[op] : undefined;
      if (arity === undefined) error("the function '" + name + "' is not supported in routes");
      const given = (args ?? []).length;
      if (given < arity[0] || given > arity[1]) error(name + ' takes ' + arity.filter((n, i) => n !== arity[i - 1]).join(' to ') + ' arguments');
      return { kind: 'call', op, args: args ?? [] };
    }
Arguments = first:Or rest:(_ "," _ @Or)* { return [first, ...rest]; }

Path
  = "$" root:("body"i / "twin"i) !Word steps:Step* { return { kind: 'path', root: '$' + root.toLowerCase(), steps }; }
  / "$" name:$("dt-"i? [A-Za-z_] Word*) { return { kind: 'path', root: '$', steps: [name.toLowerCase()] }; }
  / name:Name { return { kind: 'path', root: '', steps: [name.toLowerCase()] }; }
Step = "." _ @$(Word+) / "[" _ @Index _ "]" / "." "[" _ @Text _ "]"
Index = n:$[0-9]+ { return n; } / Text

Name = !(Keyword !Word) @$([A-Za-z_] Word*)
Word = [A-Za-z0-9_$]
Keyword = "AND"i / "OR"i / "NOT"i / "true"i / "false"i / "null"i / "undefined"i
AndWord = "AND"i !Word { return 'and'; }
OrWord = "OR"i !Word { return 'or'; }
Relation = ("<>" / "!=") { return '!='; } / "<=" / ">=" / "=" / "<" / ">"

Literal "literal"
  = value:(Number / Text) { return { kind: 'literal', value }; }
  / "true"i !Word { return { kind: 'literal', value: true }; }
  / "false"i !Word { return { kind: 'literal', value: false }; }
  / "null"i !Word { return { kind: 'literal', value: null }; }
  / "undefined"i !Word { return { kind: 'literal', value: undefined }; }
Number = [0-9]+ ("." [0-9]+)? ("e"i [+-]? [0-9]+)? !Word { return Number(text()); }
Text = "'" @Characters1 "'" / '"' @Characters2 '"'
Characters1 = parts:(Escape / $[^'\\]+)* { return parts.join(''); }
Characters2 = parts:(Escape / $[^"\\]+)* { return parts.join(''); }
Escape
  = "\\u" code:$([0-9a-f]i [0-9a-f]i [0-9a-f]i [0-9a-f]i) { return String.fromCharCode(parseInt(code, 16)); }
  / "\\" char:['"\\/bfnrt] { return { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }[char] ?? char; }

_ "white space" = [ \t\r\n]*
`;
