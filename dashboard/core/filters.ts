import type { DeviceView } from '../../telemetry/view';

export const SORTS = { device: 'device', seen: 'last seen', rejected: 'rejected', count: 'messages' } as const;
export type Sort = keyof typeof SORTS;

/** Which devices are shown, and in which order. An empty text is no filter. */
export interface Filters {
  /** Part of a device id, in any case; several words must all be in it. */
  readonly search: string;
  readonly hub: string;
  readonly site: string;
  readonly version: string;
  readonly online: '' | 'yes' | 'no';
  /** Only those of which messages were rejected. */
  readonly rejected: boolean;
  readonly sort: Sort;
}

export const NO_FILTERS: Filters = {
  search: '',
  hub: '',
  site: '',
  version: '',
  online: '',
  rejected: false,
  sort: 'device',
};

const isSort = (text: string): text is Sort => Object.hasOwn(SORTS, text);

/** As the address has them; what is no value there is no filter. */
export function filtersOf(query: URLSearchParams): Filters {
  const text = (name: string): string => query.get(name) ?? '';
  const online = text('online');
  const sort = text('sort');
  return {
    search: text('q'),
    hub: text('hub'),
    site: text('site'),
    version: text('version'),
    online: online === 'yes' || online === 'no' ? online : '',
    rejected: text('rejected') === 'yes',
    sort: isSort(sort) ? sort : 'device',
  };
}

/** The reverse of {@link filtersOf}; what is no filter is left out. */
export function queryOf({ search, hub, site, version, online, rejected, sort }: Filters): URLSearchParams {
  const all = {
    q: search,
    hub,
    site,
    version,
    online,
    rejected: rejected ? 'yes' : '',
    sort: sort === 'device' ? '' : sort,
  };
  return new URLSearchParams(Object.entries(all).filter(([, value]) => value !== ''));
}

/** When devices count as online. */
export interface Clock {
  readonly nowMs: number;
  readonly onlineWithinMs: number;
}

export const isOnline = ({ lastSeen }: Pick<DeviceView, 'lastSeen'>, { nowMs, onlineWithinMs }: Clock): boolean =>
  nowMs - Date.parse(lastSeen) <= onlineWithinMs;

/** Ids of one length in the order of their numbers: pump-2 before pump-10. One collator: making one is slow. */
const collator = new Intl.Collator('en', { numeric: true });
const byKey = (a: DeviceView, b: DeviceView): number =>
  collator.compare(a.deviceId, b.deviceId) || collator.compare(a.hub, b.hub);

const ORDER: Readonly<Record<Sort, (a: DeviceView, b: DeviceView) => number>> = {
  device: byKey,
  // Times are ISO 8601 in UTC: as texts they have the order of time.
  seen: (a, b) => (a.lastSeen === b.lastSeen ? byKey(a, b) : a.lastSeen < b.lastSeen ? 1 : -1),
  rejected: (a, b) => b.rejected - a.rejected || byKey(a, b),
  count: (a, b) => b.count - a.count || byKey(a, b),
};

function passes(filters: Filters, words: readonly string[], view: DeviceView, clock: Clock): boolean {
  const { hub, site, version, online, rejected } = filters;
  if (hub !== '' && view.hub !== hub) return false;
  if (site !== '' && view.site !== site) return false;
  if (version !== '' && view.version !== version) return false;
  if (rejected && view.rejected === 0) return false;
  if (online !== '' && isOnline(view, clock) !== (online === 'yes')) return false;
  const id = words.length === 0 ? '' : view.deviceId.toLowerCase();
  return words.every((word) => id.includes(word));
}

/** The devices that pass, in order. */
export function shownOf(views: Iterable<DeviceView>, filters: Filters, clock: Clock): DeviceView[] {
  const words = filters.search
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  return [...views].filter((view) => passes(filters, words, view, clock)).sort(ORDER[filters.sort]);
}

/** What can be chosen of each filter: the values that devices have, in order. */
export interface Choices {
  readonly hub: readonly string[];
  readonly site: readonly string[];
  readonly version: readonly string[];
}

export function choicesOf(views: Iterable<DeviceView>): Choices {
  const [hub, site, version] = [new Set<string>(), new Set<string>(), new Set<string>()];
  for (const view of views) {
    hub.add(view.hub);
    site.add(view.site);
    if (view.version !== undefined) version.add(view.version);
  }
  const sorted = (values: Set<string>): string[] => [...values].sort(collator.compare);
  return { hub: sorted(hub), site: sorted(site), version: sorted(version) };
}

/** Sums over devices. */
export interface Counts {
  readonly devices: number;
  readonly online: number;
  /** Devices of which messages were rejected. */
  readonly rejecting: number;
}

export function countsOf(views: readonly DeviceView[], clock: Clock): Counts {
  let online = 0;
  let rejecting = 0;
  for (const view of views) {
    if (isOnline(view, clock)) online += 1;
    if (view.rejected > 0) rejecting += 1;
  }
  return { devices: views.length, online, rejecting };
}
