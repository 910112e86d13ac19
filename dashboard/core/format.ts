/** Numbers as the page shows them, in the reader's own language. */
const plain = new Intl.NumberFormat(undefined, { maximumFractionDigits: 2 });
export const number = (value: number): string => plain.format(value);

const STEPS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
] as const;
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

/** What comes live is newer than the page's last look at its clock, and clocks differ. */
const CLOCKS_DIFFER_MS = 30_000;

/** How long ago, in its largest unit. @example ago('2026-01-01T00:00:00Z', Date.parse('2026-01-01T00:02:10Z')) // => '2 minutes ago' */
export function ago(iso: string, nowMs: number): string {
  const since = nowMs - Date.parse(iso);
  if (Number.isNaN(since)) return 'never';
  const ms = since < 0 && since > -CLOCKS_DIFFER_MS ? 0 : since;
  const [unit, size] = STEPS.find(([, each]) => Math.abs(ms) >= each) ?? ['second', 1_000];
  return relative.format(-Math.round(ms / size), unit);
}

const moment = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

/** A time in the reader's zone. */
export const local = (iso: string): string => moment.format(new Date(iso));

/** A reading in a line: `21.4 Celsius, 1,013 hPa`. */
export const readingText = (reading: Readonly<Record<string, number>> | undefined): string =>
  reading === undefined
    ? 'no reading yet'
    : Object.entries(reading)
        .map(([field, value]) => `${number(value)} ${field}`)
        .join(', ');
