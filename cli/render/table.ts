import Table from 'cli-table3';

/** Columns that hold text; all others hold numbers and lean right. */
const TEXT = new Set(['wave', 'size', 'devices by hub', 'status', 'schedule', 'starts', 'next', 'last rollout']);

/**
 * A table without colours, so that it reads the same in a terminal, in a file and in a test.
 *
 * @param rows as many cells as there are columns, each
 */
export function table(columns: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const drawn = new Table({
    head: [...columns],
    colAligns: columns.map((column) => (TEXT.has(column) ? 'left' : 'right')),
    style: { head: [], border: [], compact: true },
  });
  drawn.push(...rows.map((row) => [...row]));
  return drawn.toString();
}
