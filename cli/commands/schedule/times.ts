import type { ScheduleTimes } from '../../../spec/schedule';
import { lazy } from '../../lazy';
import { type Cli, CliError, EXIT, note, printJson } from '../../output';
import { count } from '../../render/format';

/** Times as options give them. */
export interface GivenTimes {
  readonly cron: string;
  readonly timeZone: string;
  readonly jitter?: string;
  readonly until?: string;
}

/** The option that a mistake belongs to. */
const OPTION: Readonly<Record<string, string>> = {
  name: 'NAME',
  cron: '--cron',
  timeZone: '--time-zone',
  jitter: '--jitter',
  until: '--until',
};

/** @throws CliError (exit code 2); all mistakes are printed before */
export function timesOf({ io }: Cli, name: string, given: GivenTimes, json?: true): ScheduleTimes {
  const { cron, timeZone, jitter, until } = given;
  const parsed = lazy.schedule().parseSchedule({ name, cron, timeZone, jitter, until });
  if (parsed.kind === 'valid') return parsed.times;
  const { problems } = parsed;
  if (json) printJson(io, { problems });
  else
    for (const { path, value, allowed } of problems)
      note(io, `${OPTION[path] ?? path}: got ${value}; allowed: ${allowed}`);
  throw new CliError(EXIT.usage, `${count(problems.length, 'mistake')}; nothing was changed`);
}
