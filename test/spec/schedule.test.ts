import { parseSchedule } from '../../spec/schedule';

const good = { name: 'nightly', cron: '0 2 * * SUN', timeZone: 'Europe/Berlin', jitter: undefined, until: undefined };

it('reads the times of a schedule', () => {
  expect(parseSchedule({ ...good, jitter: '5m', until: '2027-03-28' })).toEqual({
    kind: 'valid',
    times: {
      name: 'nightly',
      cron: '0 2 * * SUN',
      timeZone: 'Europe/Berlin',
      jitterMs: 300_000,
      // Midnight of the zone, on the evening of the change to summer time.
      endAt: new Date('2027-03-28T21:59:59Z'),
    },
  });
});

it.each([
  ['a name with capitals', { name: 'Nightly' }, ['name']],
  ['a name that leaves no room for the time', { name: 'a'.repeat(42) }, ['name']],
  ['a cron of six fields', { cron: '0 0 2 * * SUN' }, ['cron']],
  ['both days, which Temporal reads as both', { cron: '0 2 1 * SUN' }, ['cron']],
  ['an unknown zone', { timeZone: 'Europe/Atlantis' }, ['timeZone']],
  ['a jitter without a unit', { jitter: '5' }, ['jitter']],
  ['a day that is none', { until: '2027-02-30' }, ['until']],
  ['several mistakes', { name: '', cron: '', until: 'tomorrow' }, ['name', 'cron', 'until']],
])('refuses %s', (_name, change, paths) => {
  const parsed = parseSchedule({ ...good, ...change });

  expect(parsed.kind === 'invalid' && parsed.problems.map(({ path }) => path)).toEqual(paths);
});

it('takes the longest name', () => expect(parseSchedule({ ...good, name: 'a'.repeat(41) }).kind).toBe('valid'));
