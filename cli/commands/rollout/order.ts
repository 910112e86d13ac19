import type { RolloutId } from '../../../domain/ids';
import { lazy } from '../../lazy';
import { type Cli, EXIT, note, print, printJson } from '../../output';
import type { OrderKind } from '../../rollout/order';
import { orderOf, type OrderOptions } from './arguments';

export interface OrderCommandOptions extends OrderOptions {
  readonly json?: true;
}

/** Gives an order, prints what became of it, and leaves the exit code: 0 accepted, 3 refused by the rollout. */
export async function orderAndPrint(
  cli: Cli,
  kind: OrderKind,
  rolloutId: RolloutId,
  options: OrderCommandOptions,
): Promise<void> {
  const { withRollouts, noteMissingWorker } = lazy.connect();
  await withRollouts(cli.io, async (rollouts) => {
    await noteMissingWorker(cli.io, rollouts);
    const result = await rollouts.order(kind, rolloutId, orderOf(options));
    if (options.json) printJson(cli.io, result);
    else if (result.kind === 'accepted')
      print(cli.io, `${kind} accepted: rollout ${rolloutId} is ${result.state.status}`);
    else note(cli.io, `${kind} refused: ${result.reason}`);
    if (result.kind === 'refused') cli.exit(EXIT.stopped);
  });
}
