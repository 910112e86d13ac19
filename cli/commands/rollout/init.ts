import { writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join, relative, resolve } from 'node:path';
import { Command, Option } from 'commander';
import { rolloutIdOf } from '../../../domain/ids';
import { checkoutFolder } from '../../../tools/checkout';
import { type Cli, CliError, COMMAND, EXIT, note, print } from '../../output';
import { specTemplate, type TemplateAction } from '../../rollout/template';

interface Options {
  readonly action: TemplateAction;
  readonly force?: boolean;
}

const SCHEMA = 'schemas/rollout.v1.schema.json';

/** Where editors find the schema, from the spec's own folder. */
function schemaFrom(file: string): string {
  const path = relative(dirname(resolve(file)), join(checkoutFolder(), SCHEMA)).replaceAll('\\', '/');
  return path.startsWith('.') ? path : `./${path}`;
}

const nameOf = (file: string): string => rolloutIdOf(basename(file, extname(file))) ?? 'my-rollout';

async function write(file: string, text: string, force: boolean): Promise<void> {
  try {
    await writeFile(file, text, { flag: force ? 'w' : 'wx' });
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'EEXIST') {
      throw new CliError(
        EXIT.usage,
        `${file} exists; wrote nothing`,
        'name another file, or overwrite it with --force',
      );
    }
    throw new CliError(EXIT.usage, `the spec cannot be written: ${message}`, undefined, { cause });
  }
}

export const rolloutInit = ({ io }: Cli): Command =>
  new Command('init')
    .summary('Write a rollout spec with comments, to begin with')
    .argument('[file]', 'where to write it', 'rollout.yaml')
    .addOption(
      new Option('--action <kind>', 'what it does to devices').choices(['method', 'twin', 'migrate']).default('method'),
    )
    .option('--force', 'overwrite the file if it is there')
    .action(async (file: string, { action, force = false }: Options & { readonly force?: boolean }) => {
      await write(file, specTemplate(nameOf(file), action, schemaFrom(file)), force);
      print(io, `wrote ${file}`);
      note(io, `next: change target, action and waves in it, then ${COMMAND} rollout lint ${file}`);
    });
