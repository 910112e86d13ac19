import type { RolloutId } from '../../../domain/ids';
import { lazy } from '../../lazy';
import { type Cli, COMMAND, EXIT, type Io, note, print, printJsonLine } from '../../output';
import { linesBetween } from '../../render/lines';
import { lookText } from '../../render/look';
import type { View } from '../../render/view';
import { linesView, viewOf } from '../../render/views';
import { exitCodeOf } from '../../rollout/exit-code';
import type { Look } from '../../rollout/look';
import type { Rollouts } from '../../rollouts';

/** JSON, one look a line; the last line is how the rollout stands at rest. */
const jsonView = (io: Io): View => ({ ...linesView(io), show: (look) => printJsonLine(io, look) });

interface Following {
  readonly rollouts: Rollouts;
  readonly rolloutId: RolloutId;
  readonly json: boolean;
  readonly signal: AbortSignal;
}

/** @returns the last look, or undefined when the signal came before the rollout was at rest */
async function showUntilRest({ io }: Cli, { rollouts, rolloutId, json, signal }: Following): Promise<Look | undefined> {
  const { watchRollout, isAtRest } = lazy.watch();
  await rollouts.look(rolloutId); // an unknown id is told before anything is drawn
  const view = json ? jsonView(io) : viewOf(io);
  let last: Look | undefined;
  try {
    for await (const sight of watchRollout(rollouts, rolloutId, signal)) {
      if (sight.kind === 'notice') view.notice(sight.text);
      else {
        view.show(sight.look, linesBetween(last, sight.look));
        last = sight.look;
      }
    }
  } finally {
    view.close();
  }
  return last !== undefined && isAtRest(last) ? last : undefined;
}

/**
 * Watches a rollout to its end or until it waits for a person, shows it, and leaves the exit code: 0 completed, 1 failed,
 * 3 held, paused, to be approved, aborted, denied or rolled back, 130 when the watching was interrupted. The rollout never notices that it is watched.
 *
 * @throws CliError (exit code 1) when there is no such rollout
 */
export async function follow(cli: Cli, rollouts: Rollouts, rolloutId: RolloutId, json = false): Promise<void> {
  const interrupt = new AbortController();
  const deaf = cli.io.onInterrupt(() => interrupt.abort());
  try {
    const last = await showUntilRest(cli, { rollouts, rolloutId, json, signal: interrupt.signal });
    if (last === undefined) {
      note(cli.io, `Stopped watching; the rollout goes on. Watch it again: ${COMMAND} rollout watch ${rolloutId}`);
      cli.exit(EXIT.interrupted);
      return;
    }
    if (!json) print(cli.io, `\n${lookText(last, Date.now())}`);
    cli.exit(exitCodeOf(last));
  } finally {
    deaf();
  }
}
