import Table from 'cli-table3';
import type { Stack } from './stack';

/** What runs where, as a table for the terminal. The page's address has its token: for the user's eyes. */
export function closingTable(
  { paths, temporal, group, pageAddress }: Pick<Stack, 'paths' | 'temporal' | 'group' | 'pageAddress'>,
  devices: number,
  withWorker: boolean,
): string {
  const table = new Table({ head: ['part', 'where', 'log'], style: { head: [], border: [], compact: true } });
  table.push(
    ['local Azure', 'by `npx groundswell env`', paths.log('emulator')],
    ['Temporal', `${temporal.address}, namespace ${temporal.namespace}`, paths.log('temporal')],
    ['Pulumi state', paths.pulumiBackend, paths.log('up')],
    ['functions', functionsText(pageAddress), paths.log('functions')],
    ['worker', withWorker ? 'polls Temporal' : 'not started', withWorker ? paths.log('worker') : ''],
    ['devices', devicesText(devices, group), devices === 0 ? '' : paths.log('fleet')],
    ...(pageAddress === undefined
      ? []
      : [
          ['telemetry', 'states of devices, by their messages', paths.log('telemetry')],
          ['page', pageAddress, paths.log('page')],
        ]),
  );
  return table.toString();
}

const devicesText = (devices: number, group: string | undefined): string => {
  if (devices === 0) return 'none';
  return `${devices} on hub main, ${group === undefined ? 'registered there' : `by enrollment group ${group}`}`;
};

const functionsText = (pageAddress: string | undefined): string =>
  `the webhook of enrollment groups${pageAddress === undefined ? '' : ', what the page asks about devices'}`;
