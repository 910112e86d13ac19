import { parseConfig } from '../../infra/config';
import { deployerDutiesOf } from '../../infra/rights';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { CUSTOM_RIGHTS, isCustom, type Right, RIGHTS } from '../../infra/components/rights';

const page = readFileSync(join(__dirname, '../../docs/rights.md'), 'utf8');

/** Rows that begin with a name in backquotes, by the number of their cells. */
const rowsOf = (cells: number): string[][] =>
  page
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
    .filter((row) => row.length === cells);

const roleText = ({ role }: Right): string =>
  isCustom(role) ? `${role.name} (custom; else ${role.instead.name})` : role.name;

it('is shown in full by docs/rights.md, and nothing else is', () => {
  const declared = Object.entries<Right>(RIGHTS).map(([name, right]) => [
    `\`${name}\``,
    right.who,
    roleText(right),
    right.scope,
    right.why,
  ]);

  expect(rowsOf(5)).toEqual(declared);
});

it('has the data actions of each custom role on the page', () => {
  const declared = CUSTOM_RIGHTS.map((name) => [
    `\`${name}\``,
    RIGHTS[name].role.dataActions.map((action) => `\`${action}\``).join(', '),
  ]);

  expect(rowsOf(2)).toEqual(declared);
});

it('lists as custom just the rights whose role is', () => {
  const custom = Object.entries<Right>(RIGHTS).filter(([, { role }]) => isCustom(role));

  expect(custom.map(([name]) => name)).toEqual(CUSTOM_RIGHTS);
});

it.each([
  ['by default runs rollouts', {}, ['rollouts']],
  ['makes enrollments', { provisioning: true }, ['rollouts', 'enrollments']],
  ['leaves rollouts to a worker', { provisioning: true, worker: { hosting: 'none' } }, ['enrollments']],
  ['registers devices only when told to', { registerDevices: true }, ['rollouts', 'devices']],
  ['leaves telemetry to functions, and puts the page there', { telemetry: true }, ['rollouts', 'page']],
  ['runs telemetry only when told to', { telemetry: { hosts: 'processes' } }, ['rollouts', 'telemetry', 'page']],
  [
    'signs in by keys to all but the ledger with sas',
    { auth: 'sas', provisioning: true, registerDevices: true },
    ['rollouts'],
  ],
])('whoever deploys %s', (_, raw, duties) => {
  expect(deployerDutiesOf(parseConfig(raw))).toEqual(duties);
});
