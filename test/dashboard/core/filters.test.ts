import {
  choicesOf,
  countsOf,
  type Filters,
  filtersOf,
  NO_FILTERS,
  queryOf,
  shownOf,
} from '../../../dashboard/core/filters';
import { viewOf } from '../../support/device-views';

const clock = { nowMs: Date.parse('2026-11-22T08:10:00Z'), onlineWithinMs: 300_000 };
const views = [
  viewOf('pump-10', { lastSeen: '2026-11-22T08:09:00Z', version: '2.0.0', count: 7 }),
  viewOf('pump-2', { site: 'hall-2', rejected: 3, count: 9 }),
  viewOf('Door-1', { hub: 'east', lastSeen: '2026-11-22T08:05:00.000Z', rejected: 1, count: 1 }),
];
const ids = (filters: Partial<Filters>): string[] =>
  shownOf(views, { ...NO_FILTERS, ...filters }, clock).map(({ deviceId }) => deviceId);

it.each<[Partial<Filters>, string[]]>([
  [{}, ['Door-1', 'pump-2', 'pump-10']],
  [{ search: 'PUMP  1' }, ['pump-10']],
  [{ hub: 'east' }, ['Door-1']],
  [{ site: 'hall-2' }, ['pump-2']],
  [{ version: '2.0.0' }, ['pump-10']],
  [{ online: 'yes' }, ['Door-1', 'pump-10']],
  [{ online: 'no' }, ['pump-2']],
  [{ rejected: true, sort: 'rejected' }, ['pump-2', 'Door-1']],
  [{ sort: 'seen' }, ['pump-10', 'Door-1', 'pump-2']],
  [{ sort: 'count' }, ['pump-2', 'pump-10', 'Door-1']],
  [{ hub: 'east', site: 'hall-2' }, []],
])('of the filters %j shows %j', (filters, expected) => {
  expect(ids(filters)).toEqual(expected);
});

it('keeps filters in the address, and takes what is no filter there for none', () => {
  const filters: Filters = {
    search: 'a&b=c #',
    hub: 'w',
    site: 's',
    version: '1',
    online: 'no',
    rejected: true,
    sort: 'seen',
  };
  expect(filtersOf(new URLSearchParams(queryOf(filters).toString()))).toEqual(filters);
  expect(queryOf(NO_FILTERS).toString()).toBe('');
  expect(filtersOf(new URLSearchParams('online=perhaps&sort=__proto__&rejected=1&x=y'))).toEqual(NO_FILTERS);
});

it('offers the values that devices have, and counts', () => {
  expect(choicesOf(views)).toEqual({ hub: ['east', 'west'], site: ['hall-1', 'hall-2'], version: ['1.0.0', '2.0.0'] });
  expect(countsOf(views, clock)).toEqual({ devices: 3, online: 2, rejecting: 2 });
});
