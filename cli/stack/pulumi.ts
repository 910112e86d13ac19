import { checkoutFolder } from '../../tools/checkout';
import { capture } from './capture';

/** Runs the pulumi command line of this process's PATH on one stack. @returns its stdout, which may hold secrets */
export const pulumiOn =
  (stack: string, signal: AbortSignal) =>
  (...args: string[]): Promise<string> =>
    capture('pulumi', [...args, '--stack', stack, '--non-interactive'], {
      env: process.env,
      cwd: checkoutFolder(),
      signal,
    });
