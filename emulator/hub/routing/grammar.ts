import { CHAIN, OPERATIONS, WORDS } from '../conditions/grammar';

/**
 * Conditions of routes as a peggy grammar (iot-hub/iot-hub-devguide-routing-query-syntax.md; for functions
 * iot-hub/iot-hub-devguide-query-language.md, "Expressions and conditions"). The nodes are the types of ast.ts. With
 * peggy's cache it takes time in proportion to the text.
 */
export const GRAMMAR = String.raw`
{{
${CHAIN}
}}

Condition = _ @Or _

${OPERATIONS}

Comparison = left:Sum right:(_ @Operand)? { return right === null ? left : { ...right, left }; }
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
Keyword = "AND"i / "OR"i / "NOT"i / "true"i / "false"i / "null"i / "undefined"i

Literal "literal"
  = value:(Number / Text) { return { kind: 'literal', value }; }
  / value:Constant { return { kind: 'literal', value }; }
Number = [0-9]+ ("." [0-9]+)? ("e"i [+-]? [0-9]+)? !Word { return Number(text()); }

${WORDS}
`;
