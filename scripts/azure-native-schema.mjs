// Writes emulator/pulumi/schema/azure-native.json: the inputs and outputs of the azure-native types that the local
// provider plugin serves, as the installed SDK declares them. Run it after a new version of @pulumi/azure-native:
//   node scripts/azure-native-schema.mjs
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const SDK = join(ROOT, 'node_modules', '@pulumi', 'azure-native');
const FOLDER = join(ROOT, 'emulator', 'pulumi', 'schema');

const parse = (file) => ts.createSourceFile(file, readFileSync(join(SDK, file), 'utf8'), ts.ScriptTarget.Latest, false);
const textOf = (node, file) => node.getText(file);

/** The interfaces of the wanted modules in types/input.d.ts or types/output.d.ts, by `module.Name`. */
function interfacesOf(file, modules) {
  const source = parse(file);
  const found = new Map();
  for (const space of source.statements.filter((one) => ts.isModuleDeclaration(one) && modules.has(one.name.text))) {
    for (const one of space.body.statements.filter(ts.isInterfaceDeclaration)) {
      found.set(`${space.name.text}.${one.name.text}`, { source, members: one.members });
    }
  }
  return found;
}

/**
 * A type node in short: `string`, `number`, `boolean`, `any`, `#module.Name` for one of the definitions; `[]` and `{}`
 * after it for lists and maps.
 */
function shortOf(node, source, wanted) {
  if (ts.isArrayTypeNode(node)) return `${shortOf(node.elementType, source, wanted)}[]`;
  if (ts.isParenthesizedTypeNode(node)) return shortOf(node.type, source, wanted);
  if (ts.isUnionTypeNode(node)) {
    const shapes = node.types.filter((one) => one.kind !== ts.SyntaxKind.UndefinedKeyword);
    const shorts = new Set(shapes.map((one) => shortOf(one, source, wanted)));
    return shorts.size === 1 ? [...shorts][0] : 'any';
  }
  if (ts.isTypeLiteralNode(node)) return `${shortOf(node.members[0].type, source, wanted)}{}`;
  if (ts.isTypeReferenceNode(node)) {
    const name = textOf(node.typeName, source);
    if (name === 'pulumi.Input' || name === 'pulumi.Output') return shortOf(node.typeArguments[0], source, wanted);
    const [kind, module, type] = name.split('.');
    if (kind === 'enums') return 'string';
    if (kind === 'inputs' || kind === 'outputs') {
      wanted.add(`${module}.${type}`);
      return `#${module}.${type}`;
    }
    throw new Error(`no idea what ${name} is`);
  }
  const keyword = textOf(node, source);
  return ['string', 'number', 'boolean'].includes(keyword) ? keyword : 'any';
}

/** Members by name; `!` after the type of those that are required. */
const membersOf = (members, source, wanted) =>
  Object.fromEntries(
    [...members]
      .filter((one) => (ts.isPropertySignature(one) || ts.isPropertyDeclaration(one)) && one.type !== undefined)
      .map((one) => [
        one.name.text,
        shortOf(one.type, source, wanted) + (ts.isPropertySignature(one) && !one.questionToken ? '!' : ''),
      ]),
  );

function resourceOf(token, wanted) {
  const [, module, type] = token.split(':');
  const file = `${module}/${type.charAt(0).toLowerCase()}${type.slice(1)}.d.ts`;
  if (!existsSync(join(SDK, file))) throw new Error(`the SDK has no ${file}`);
  const source = parse(file);
  const text = source.text;
  const args = source.statements.find((one) => ts.isInterfaceDeclaration(one) && one.name.text === `${type}Args`);
  const resource = source.statements.find((one) => ts.isClassDeclaration(one) && one.name.text === type);
  const version = /Uses Azure REST API version ([0-9a-z-]+)/.exec(text)?.[1];
  return {
    ...(version && { apiVersion: version }),
    inputs: membersOf(args.members, source, wanted),
    outputs: membersOf(resource.members, source, wanted),
  };
}

const tokens = JSON.parse(readFileSync(join(FOLDER, 'types.json'), 'utf8'));
const modules = new Set(tokens.map((token) => token.split(':')[1]));
const wanted = new Set();
const types = Object.fromEntries(tokens.map((token) => [token, resourceOf(token, wanted)]));
const interfaces = new Map([
  ...interfacesOf('types/input.d.ts', modules),
  ...interfacesOf('types/output.d.ts', modules),
]);
const definitions = {};
// Members of definitions want further ones: the set grows while it is walked.
for (const name of wanted) {
  const { members, source } = interfaces.get(name) ?? {};
  if (members === undefined) throw new Error(`types/*.d.ts have no ${name}`);
  definitions[name] = membersOf(members, source, wanted);
}
const { version } = JSON.parse(readFileSync(join(SDK, 'package.json'), 'utf8'));
const sorted = Object.fromEntries(Object.entries(definitions).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(join(FOLDER, 'azure-native.json'), `${JSON.stringify({ version, types, definitions: sorted })}\n`);
