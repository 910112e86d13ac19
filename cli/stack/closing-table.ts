import Table from 'cli-table3';
import type { Stack } from './stack';

/** What runs where, as a table for the terminal. */
export function closingTable(
  { paths, temporal }: Pick<Stack, 'paths' | 'temporal'>,
  devices: number,
  withWorker: boolean,
): string {
  const table = new Table({ head: ['part', 'where', 'log'], style: { head: [], border: [], compact: true } });
  table.push(
    ['local Azure', 'by `npx groundswell env`', paths.log('emulator')],
    ['Temporal', `${temporal.address}, namespace ${temporal.namespace}`, paths.log('temporal')],
    ['Pulumi state', paths.pulumiBackend, paths.log('up')],
    ['allocation', 'the webhook of enrollment groups', paths.log('allocation')],
    ['worker', withWorker ? 'polls Temporal' : 'not started', withWorker ? paths.log('worker') : ''],
    ['devices', devices === 0 ? 'none' : `${devices} on hub main`, devices === 0 ? '' : paths.log('fleet')],
  );
  return table.toString();
}
