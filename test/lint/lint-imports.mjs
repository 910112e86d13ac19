import { ESLint } from 'eslint';
import { text } from 'node:stream/consumers';

/** Lints lines as if they stood in the files named with them; prints, for each, whether the import table refuses it. */
const cases = JSON.parse(await text(process.stdin));
const eslint = new ESLint({
  ruleFilter: ({ ruleId }) => ruleId === '@typescript-eslint/no-restricted-imports',
  // This rule needs no types, and without them a file takes milliseconds.
  overrideConfig: { languageOptions: { parserOptions: { project: null } } },
});
const refused = [];
for (const { file, line } of cases) {
  const [result] = await eslint.lintText(`${line}\n`, { filePath: file });
  const fatal = result.messages.find((message) => message.fatal);
  if (fatal) throw new Error(`${file}: ${fatal.message}`);
  refused.push(result.messages.length > 0);
}
process.stdout.write(JSON.stringify(refused));
