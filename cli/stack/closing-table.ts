import Table from 'cli-table3';
import type { Stack } from './stack';

/** What runs where, as a table for the terminal. */
export function closingTable(
  { paths, temporal, group }: Pick<Stack, 'paths' | 'temporal' | 'group'>,
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
    ['devices', devicesText(devices, group), devices === 0 ? '' : paths.log('fleet')],
  );
  return table.toString();
}

const devicesText = (devices: number, group: string | undefined): string => {
  if (devices === 0) return 'none';
  return `${devices} on hub main, ${group === undefined ? 'registered there' : `by enrollment group ${group}`}`;
};
