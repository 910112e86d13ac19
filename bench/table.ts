import Table from 'cli-table3';
import { passes, type Measure, type Report } from './measures';

/** Reports as a table for people, with what was skipped below it. */
export function tableOf(reports: readonly Report[]): string {
  const table = new Table({ head: ['scenario', 'figure', 'value', 'threshold', ''], style: { head: [], border: [] } });
  for (const { scenario, measures } of reports) {
    for (const measure of measures) {
      const value = { content: `${rounded(measure.value)} ${measure.unit}`, hAlign: 'right' as const };
      table.push([scenario, measure.name, value, limitOf(measure), verdictOf(measure)]);
    }
  }
  const skipped = reports.flatMap((report) => report.skipped.map((why) => `skipped in ${report.scenario}: ${why}`));
  return [table.toString(), ...skipped].join('\n');
}

/** Three digits are more than a shared machine can repeat. */
const rounded = (value: number): string =>
  value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3).replace(/\.?0+$/, '');

function limitOf({ limit }: Measure): string {
  if (limit === undefined) return '';
  return 'atLeast' in limit ? `>= ${limit.atLeast}` : `<= ${limit.atMost}`;
}

const verdictOf = (measure: Measure): string =>
  measure.limit === undefined ? '' : passes(measure) ? 'ok' : 'BREACHED';
