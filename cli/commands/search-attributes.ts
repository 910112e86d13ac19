import { Command } from 'commander';
import { searchAttributeTypes } from '../../domain/search-attributes';
import { lazy } from '../lazy';
import { type Cli, COMMAND, EXIT, note, print, printJson } from '../output';
import { JSON_OPTION } from './rollout/arguments';

interface Options {
  readonly register?: true;
  readonly json?: true;
}

/** Says whether a server can list rollouts by state, and makes it so. */
export const searchAttributes = (cli: Cli): Command =>
  new Command('search-attributes')
    .summary('Show whether Temporal has the search attributes by which rollouts are listed, and register them')
    .description(
      'Rollouts run without them, but `rollout list` cannot tell their states then. Registering takes the right to ' +
        'administer the namespace; on Temporal Cloud use `tcld namespace search-attributes add` or the web page. ' +
        'A rollout that was started before is not listed by state.',
    )
    .option('--register', 'register those that are missing')
    .option(...JSON_OPTION)
    .action(async ({ register, json }: Options) =>
      lazy.connect().withRollouts(cli.io, async (rollouts) => {
        if (register) await rollouts.registerAttributes(await rollouts.missingAttributes());
        const missing = new Set<string>((await rollouts.missingAttributes()).map(({ name }) => name));
        const rows = searchAttributeTypes().map(({ name, type }) => ({ name, type, registered: !missing.has(name) }));
        if (json) printJson(cli.io, rows);
        else
          for (const row of rows) print(cli.io, `${row.registered ? 'ok     ' : 'missing'}  ${row.name}  ${row.type}`);
        if (missing.size === 0) return;
        note(cli.io, `register them: ${COMMAND} search-attributes --register`);
        cli.exit(EXIT.failed);
      }),
    );
