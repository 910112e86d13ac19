import { createWindowActivities } from '../../activities/windows';
import type { WindowRule } from '../../domain/spec';

const { nextOpening } = createWindowActivities();
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

interface Case {
  readonly name: string;
  readonly opens: string;
  readonly forMs?: number;
  readonly zone: string;
  readonly after: string;
  readonly gives: string;
  readonly freeze?: WindowRule['freeze'];
}

const windowOf = ({ opens, forMs = HOUR, zone, freeze = [] }: Omit<Case, 'name' | 'after' | 'gives'>): WindowRule => ({
  opens,
  forMs,
  zone: { kind: 'fixed', timeZone: zone },
  freeze,
  quorum: 1,
});

const utc = (text: string): string => new Date(`${text}Z`).toISOString();
const run = async (given: Case): Promise<string> => {
  const { opensAt, shutsAt } = await nextOpening({ window: windowOf(given), after: utc(given.after) });
  return [opensAt, shutsAt].map((at) => at.replace(/:00\.000Z$/, '')).join(' ');
};

const berlin = { zone: 'Europe/Berlin' };
const night = { opens: '0 22 * * *', forMs: 8 * HOUR, ...berlin };

/** All times are UTC. Changes of the clock: Europe on 2026-03-29 and 2026-10-25 at 01:00 UTC. */
const CASES: readonly Case[] = [
  {
    name: 'is open before its opening: the next one',
    ...night,
    after: '2026-06-01T12:00:00',
    gives: '2026-06-01T20:00 2026-06-02T04:00',
  },
  {
    name: 'is open in the moment of its opening',
    ...night,
    after: '2026-06-01T20:00:00',
    gives: '2026-06-01T20:00 2026-06-02T04:00',
  },
  {
    name: 'is open a millisecond before it shuts',
    ...night,
    after: '2026-06-02T03:59:59.999',
    gives: '2026-06-01T20:00 2026-06-02T04:00',
  },
  {
    name: 'is shut in the moment it shuts',
    ...night,
    after: '2026-06-02T04:00:00',
    gives: '2026-06-02T20:00 2026-06-03T04:00',
  },
  {
    name: 'takes the later of two openings that overlap',
    opens: '0 * * * *',
    forMs: 2 * HOUR,
    ...berlin,
    after: '2026-06-01T12:30:00',
    gives: '2026-06-01T12:00 2026-06-01T14:00',
  },
  {
    name: 'opens in spring when the hour that is left out would begin',
    opens: '30 2 * * *',
    ...berlin,
    after: '2026-03-28T12:00:00',
    gives: '2026-03-29T01:00 2026-03-29T02:00',
  },
  {
    name: 'opens once in autumn, the first time, when its hour comes twice',
    opens: '30 2 * * *',
    ...berlin,
    after: '2026-10-24T12:00:00',
    gives: '2026-10-25T00:30 2026-10-25T01:30',
  },
  {
    name: 'does not open again when the hour comes the second time',
    opens: '30 2 * * *',
    ...berlin,
    after: '2026-10-25T01:30:00',
    gives: '2026-10-26T01:30 2026-10-26T02:30',
  },
  {
    name: 'is as long as ever over the change in spring',
    ...night,
    after: '2026-03-28T21:00:00',
    gives: '2026-03-28T21:00 2026-03-29T05:00',
  },
  {
    name: 'is as long as ever over the change in autumn',
    ...night,
    after: '2026-10-24T21:00:00',
    gives: '2026-10-24T20:00 2026-10-25T04:00',
  },
  {
    name: 'moves with the clock from the day after the change',
    ...night,
    after: '2026-10-25T05:00:00',
    gives: '2026-10-25T21:00 2026-10-26T05:00',
  },
  {
    name: 'knows a change of half an hour',
    opens: '15 2 * * *',
    zone: 'Australia/Lord_Howe',
    after: '2026-10-03T12:00:00',
    gives: '2026-10-03T15:30 2026-10-03T16:30',
  },
  {
    name: 'knows a zone three quarters of an hour off',
    opens: '0 2 * * *',
    zone: 'Asia/Kathmandu',
    after: '2026-10-02T12:00:00',
    gives: '2026-10-02T20:15 2026-10-02T21:15',
  },
  {
    name: 'knows a zone where the day begins fourteen hours early',
    opens: '0 2 * * SUN',
    zone: 'Pacific/Kiritimati',
    after: '2026-10-02T12:00:00',
    gives: '2026-10-03T12:00 2026-10-03T13:00',
  },
  {
    name: 'knows a day that begins at one, for want of a midnight',
    opens: '0 0 * * *',
    zone: 'America/Sao_Paulo',
    after: '2018-11-03T12:00:00',
    gives: '2018-11-04T03:00 2018-11-04T04:00',
  },
  {
    name: 'stays shut over the end of the year',
    opens: '0 2 * * *',
    ...berlin,
    freeze: [{ from: '2026-12-24', to: '2027-01-03' }],
    after: '2026-12-23T12:00:00',
    gives: '2027-01-04T01:00 2027-01-04T02:00',
  },
  {
    name: 'shuts at midnight of its zone when a frozen day begins',
    ...night,
    freeze: [{ from: '2026-12-24', to: '2026-12-24' }],
    after: '2026-12-23T12:00:00',
    gives: '2026-12-23T21:00 2026-12-23T23:00',
  },
  {
    name: 'opens at midnight when the frozen day ends and the window still runs',
    ...night,
    freeze: [{ from: '2026-12-24', to: '2026-12-24' }],
    after: '2026-12-23T23:00:00',
    gives: '2026-12-24T23:00 2026-12-25T05:00',
  },
  {
    name: 'is cut in two by a frozen day in its middle',
    opens: '0 12 * * FRI',
    forMs: 3 * DAY,
    zone: 'UTC',
    freeze: [{ from: '2026-11-21', to: '2026-11-21' }],
    after: '2026-11-21T00:00:00',
    gives: '2026-11-22T00:00 2026-11-23T12:00',
  },
  {
    name: 'leaves out a year of minutes without counting them',
    opens: '* * * * *',
    forMs: HOUR,
    ...berlin,
    freeze: [{ from: '2026-01-01', to: '2026-12-31' }],
    after: '2026-01-02T00:00:00',
    gives: '2026-12-31T23:00 2027-01-01T00:00',
  },
  {
    name: 'freezes by the date of its own zone',
    opens: '0 2 * * *',
    zone: 'Pacific/Kiritimati',
    freeze: [{ from: '2026-12-24', to: '2026-12-24' }],
    after: '2026-12-22T13:30:00',
    gives: '2026-12-24T12:00 2026-12-24T13:00',
  },
];

it.each(CASES)('$name', async (given) => expect(await run(given)).toBe(given.gives));

const byTag: WindowRule = {
  ...windowOf({ opens: '0 2 * * *', zone: 'UTC' }),
  zone: { kind: 'tag', tag: 'timeZone', otherwise: 'Asia/Tokyo' },
};

it.each([
  { name: "the device's own zone", zone: 'America/New_York', opensAt: '2026-06-02T06:00:00.000Z' },
  { name: 'the other zone for a device without', zone: undefined, opensAt: '2026-06-01T17:00:00.000Z' },
  { name: 'the other zone where the tag holds none', zone: 'the moon', opensAt: '2026-06-01T17:00:00.000Z' },
])('goes by $name', async ({ zone, opensAt }) => {
  const found = await nextOpening({
    window: byTag,
    after: '2026-06-01T12:00:00.000Z',
    ...(zone !== undefined && { zone }),
  });

  expect(found.opensAt).toBe(opensAt);
});

it('goes by its own zone where it has one, whatever it is asked', async () => {
  const window = windowOf({ opens: '0 2 * * *', ...berlin });

  const found = await nextOpening({ window, zone: 'Asia/Tokyo', after: '2026-06-01T12:00:00.000Z' });

  expect(found.opensAt).toBe('2026-06-02T00:00:00.000Z');
});
