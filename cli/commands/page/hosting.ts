import type { Host } from '../../../http/host';
import { lazy } from '../../lazy';
import { type Cli, CliError, EXIT, note, print } from '../../output';
import type { Rollouts } from '../../rollouts';
import { stopSignals } from '../../stack/stop-signals';

/**
 * Serves until Ctrl-C or SIGTERM; then lets the requests in hand end.
 *
 * @param serve starts the host
 * @param ready what is printed once it listens
 * @throws CliError when the address is taken
 */
export async function host(
  { io }: Cli,
  serve: (rollouts: Rollouts) => Promise<Host>,
  ready: (port: number) => string,
): Promise<void> {
  const signals = stopSignals();
  try {
    await lazy.connect().withRollouts(io, async (rollouts) => {
      const running = await serve(rollouts).catch((error: unknown) => {
        throw listeningError(error);
      });
      print(io, `ready: ${ready(running.port)}`);
      await signals.first;
      await running.close();
      note(io, 'stopped');
    });
  } finally {
    signals.close();
  }
}

function listeningError(error: unknown): unknown {
  const { code, address, port } = error as NodeJS.ErrnoException & { address?: string; port?: number };
  if (code === 'EADDRINUSE')
    return new CliError(EXIT.failed, `${address}:${port} is taken`, 'name another --port; 0 for a free one', {
      cause: error,
    });
  if (code === 'EADDRNOTAVAIL' || code === 'EACCES')
    return new CliError(EXIT.failed, `cannot listen on ${address}:${port} (${code})`, 'name another --host or --port', {
      cause: error,
    });
  return error;
}
