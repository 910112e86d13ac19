import { closingTable } from '../../../cli/stack/closing-table';
import { statePaths } from '../../../cli/stack/state';
import { progressLines } from '../../../cli/stack/toolchain';

const stack = {
  paths: statePaths('/state'),
  temporal: { address: '127.0.0.1:7300', namespace: 'default' },
  group: 'devices',
  pageAddress: undefined,
};

it('tells where each part of the stack is and where it logs', () => {
  const table = closingTable(stack, 40, true);

  expect(table).toMatch(/Temporal\s+│ 127\.0\.0\.1:7300, namespace default\s+│ \/state\/logs\/temporal\.log/);
  expect(table).toMatch(/worker\s+│ polls Temporal\s+│ \/state\/logs\/worker\.log/);
  expect(table).toMatch(/devices\s+│ 40 on hub main, by enrollment group devices\s+│ \/state\/logs\/fleet\.log/);
});

it('tells that devices without a group are registered on the hub', () => {
  expect(closingTable({ ...stack, group: undefined }, 40, true)).toContain('40 on hub main, registered there');
});

it('says so when worker and devices were left out', () => {
  const table = closingTable(stack, 0, false);

  expect(table).toMatch(/worker\s+│ not started\s+│\s+│/);
  expect(table).toMatch(/devices\s+│ none\s+│\s+│/);
});

it('gives the address of the page with its token, where there is one', () => {
  const table = closingTable({ ...stack, pageAddress: 'http://127.0.0.1:4280/#token=abc' }, 1, true);

  expect(table).toMatch(/page\s+│ http:\/\/127\.0\.0\.1:4280\/#token=abc\s+│ \/state\/logs\/page\.log/);
  expect(closingTable(stack, 1, true)).not.toContain('page');
});

it('mentions each new step of an installation, and a long one again after a while', () => {
  const lines: string[] = [];
  const onProgress = progressLines((tool, message) => lines.push(`${tool}: ${message}`));
  const step = (name: string, elapsedMs: number) =>
    onProgress({ tool: 'pulumi', step: name, elapsedMs, detail: 'usually 5 min' });

  step('fetch', 0);
  step('fetch', 1_000);
  step('compile', 2_000);
  step('compile', 16_000);
  step('compile', 17_000);

  expect(lines).toEqual([
    'pulumi: fetch (0 s, usually 5 min)',
    'pulumi: compile (2 s, usually 5 min)',
    'pulumi: compile (17 s, usually 5 min)',
  ]);
});
