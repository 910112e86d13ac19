import * as pulumi from '@pulumi/pulumi';

const ANSWER = /^(.*RPC finished: .*resp: ).*$/s;

/**
 * Takes the engine's answers out of the SDK's debug messages. The SDK prints them whole, keys in plain, and they reach
 * every event log, also without `--debug` (@pulumi/pulumi 3.248, runtime/invoke and runtime/resource). The messages
 * themselves stay. test/integration/infra/stack.test.ts searches the event log for keys.
 */
export function withholdAnswers(log: Pick<typeof pulumi.log, 'debug'> = pulumi.log): void {
  const { debug } = log;
  const withheld: typeof debug = (message, ...rest) => debug(message.replace(ANSWER, '$1[withheld]'), ...rest);
  Object.assign(log, { debug: withheld });
}
