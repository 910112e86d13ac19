import { CHAIN, OPERATIONS, WORDS } from '../conditions/grammar';

/**
 * The query language of twins and jobs as a peggy grammar (iot-hub/iot-hub-devguide-query-language.md,
 * iot-hub/query-twins.md, iot-hub/query-jobs.md). Two start rules: `Query`, and `Condition` for a job's queryCondition.
 * The nodes that the actions make are the types of ast.ts. Backslashes are doubled once for TypeScript (String.raw).
 */
export const GRAMMAR = String.raw`
{{
${CHAIN}
  const AGGREGATES = ['count', 'avg', 'sum', 'min', 'max'];
  const FUNCTIONS = { is_defined: 1, startswith: 2, endswith: 2 };
}}

Query
  = _ "SELECT"i !Word _ top:Top? select:Select _ "FROM"i !Word _ from:Source where:Where? group:Group? _
    { return { top: top ?? undefined, select, from, where: where ?? undefined, group: group ?? undefined }; }

Condition
  = _ "*" _ { return undefined; }
  / _ where:Or _ { return where; }

Top = "TOP"i !Word _ n:$[0-9]+ _ { return Number(n); }

Select
  = "*" { return '*'; }
  / first:Item rest:(_ "," _ @Item)* { return [first, ...rest]; }

Item = value:(Aggregate / PathNode) alias:(_ "AS"i !Word _ @Name)? { return { value, alias: alias ?? undefined }; }

Aggregate
  = name:Name _ "(" _ path:PathNode? _ ")"
    {
      const op = name.toLowerCase();
      if (!AGGREGATES.includes(op)) error("'" + name + "' is not an aggregate; use " + AGGREGATES.join(', '));
      if ((op === 'count') !== (path === null)) error(op === 'count' ? 'count takes no argument' : op + ' takes one path');
      return { kind: 'aggregate', op, path: path ?? undefined };
    }

Source
  = "devices"i "." "jobs"i !Word { return 'devices.jobs'; }
  / "devices"i "." "modules"i !Word { return 'devices.modules'; }
  / "devices"i !Word !"." { return 'devices'; }

Where = _ "WHERE"i !Word _ @Or
Group = _ "GROUP"i !Word _ "BY"i !Word _ first:PathNode rest:(_ "," _ @PathNode)* { return [first, ...rest]; }

${OPERATIONS}

// The left side is read once, whatever follows: read again for each alternative, parentheses would take 2^depth readings.
Comparison = left:Sum right:(_ @(List / Operand))? { return right === null ? left : { ...right, left }; }
List = op:InWord _ "[" _ list:Literals? _ "]" { return { kind: 'in', negated: op === 'nin', list: list ?? [] }; }

Primary
  = "(" _ @Or _ ")"
  / Literal
  / Call
  / PathNode

Call
  = name:Name _ "(" _ args:Arguments? _ ")"
    {
      const op = name.toLowerCase();
      const arity = FUNCTIONS[op];
      if (arity === undefined) error("the function '" + name + "' is not supported on twins; use IS_DEFINED, STARTSWITH or ENDSWITH");
      if ((args ?? []).length !== arity) error(name + ' takes ' + arity + ' argument' + (arity > 1 ? 's' : ''));
      if (op === 'is_defined' && args[0].kind !== 'path') error(name + ' takes a path');
      return { kind: 'call', op, args };
    }

Arguments = first:Sum rest:(_ "," _ @Sum)* { return [first, ...rest]; }
Literals = first:Literal rest:(_ "," _ @Literal)* { return [first, ...rest].map((literal) => literal.value); }

PathNode = first:PathStart rest:(_ "." _ @(Quoted / AnyName))* { return { kind: 'path', steps: [first, ...rest] }; }
PathStart = Quoted / Name
Quoted = "[[" @$(!"]]" .)+ "]]"

Name = !(Keyword !Word) @AnyName
AnyName = $([A-Za-z_$] [A-Za-z0-9_$]*)
Keyword = "SELECT"i / "TOP"i / "FROM"i / "WHERE"i / "GROUP"i / "BY"i / "AS"i / "AND"i / "OR"i / "NOT"i / "NIN"i / "IN"i

InWord = "IN"i !Word { return 'in'; } / "NIN"i !Word { return 'nin'; }

Literal "literal"
  = value:(Hexadecimal / Decimal / Text) { return { kind: 'literal', value }; }
  / value:Constant { return { kind: 'literal', value }; }
  / "[" _ list:Literals? _ "]" { return { kind: 'literal', value: list ?? [] }; }

Hexadecimal = "-"? "0x"i [0-9a-f]i+ { return Number(text().replace('-', '')) * (text().startsWith('-') ? -1 : 1); }
Decimal = "-"? [0-9]+ ("." [0-9]+)? ("e"i [+-]? [0-9]+)? !Word { return Number(text()); }

${WORDS}
`;
