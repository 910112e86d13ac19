import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  ALLOWED,
  COMMANDS,
  commandsIn,
  effectOf,
  isFinalStatus,
  mayGo,
  STATUSES,
  TRANSITIONS,
} from '../../domain/machine';

const page = readFileSync(join(__dirname, '../../docs/states.md'), 'utf8');

it('has every transition in the diagram of docs/states.md, and none beside', () => {
  const drawn = [...page.matchAll(/^ {2}(\w+) --> (\w+)$/gm)].map(([, from, to]) => `${from} ${to}`);

  const there = STATUSES.flatMap((from) => TRANSITIONS[from].map((to) => `${from} ${to}`));
  expect(drawn.sort()).toEqual(there.sort());
});

it('says of every state and command what docs/states.md says', () => {
  const signs = { done: '●', again: '=', refused: '' } as const;
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rows = page.split('\n').map((line) =>
    row(
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    ),
  );

  for (const status of STATUSES) {
    expect(rows).toContain(row([`\`${status}\``, ...COMMANDS.map((command) => signs[effectOf(command, status)])]));
  }
});

it('ends in the four final states only, and every other state can be aborted', () => {
  expect(STATUSES.filter(isFinalStatus)).toEqual(['completed', 'aborted', 'denied', 'rolledBack']);
  for (const status of STATUSES.filter((each) => !isFinalStatus(each) && each !== 'aborting')) {
    expect(effectOf('abort', status)).toBe('done');
    expect(mayGo(status, 'aborting')).toBe(true);
  }
});

it('takes up nothing in a final state', () => {
  for (const status of STATUSES.filter(isFinalStatus)) expect(commandsIn(status)).toEqual([]);
});

it('can go where each command sends it', () => {
  for (const status of ALLOWED.pause) expect(mayGo(status, 'paused') && mayGo('paused', status)).toBe(true);
  for (const status of ALLOWED.rollback) expect(mayGo(status, 'rollingBack')).toBe(true);
  for (const status of ALLOWED.hold) expect(mayGo(status, 'held')).toBe(true);
  for (const status of ALLOWED.deny) expect(mayGo(status, 'denied')).toBe(true);
});

it('reaches an end from everywhere', () => {
  fc.assert(
    fc.property(fc.constantFrom(...STATUSES), (from) => {
      const seen = new Set([from]);
      for (const status of seen) for (const next of TRANSITIONS[status]) seen.add(next);
      return [...seen].some(isFinalStatus);
    }),
  );
});
