import { useMemo } from 'preact/hooks';
import { choicesOf, countsOf, type Filters, queryOf, shownOf } from '../../core/filters';
import { number } from '../../core/format';
import { hashOf } from '../../core/route';
import { go, useNow, useVersion } from '../hooks';
import type { Page } from '../page';
import { DeviceGrid } from './device-grid';
import { FilterBar } from './filter-bar';

/** All devices, with search and filters; what is chosen lies in the address. */
export function FleetPage({ page, filters }: { readonly page: Page; readonly filters: Filters }) {
  const { store, config } = page;
  const version = useVersion(store);
  const nowMs = useNow();
  const clock = useMemo(() => ({ nowMs, onlineWithinMs: config.onlineWithinSeconds * 1_000 }), [nowMs, config]);
  const query = queryOf(filters).toString();
  // `query` stands for `filters`, which are read from the address anew each time.
  const rows = useMemo(() => shownOf(store.values(), filters, clock), [store, version, query, clock]);
  const choices = useMemo(() => choicesOf(store.values()), [store, version]);
  const { online, rejecting } = countsOf(rows, clock);
  const change = (part: Partial<Filters>): void =>
    go(hashOf({ kind: 'devices', query: queryOf({ ...filters, ...part }) }), true);
  return (
    <div class="fleet">
      <FilterBar filters={filters} choices={choices} change={change} />
      <p class="counts" role="status" data-shown={rows.length}>
        {number(rows.length)} of {number(store.size)} devices, {number(online)} online, {number(rejecting)} with
        rejected messages
      </p>
      <DeviceGrid rows={rows} clock={clock} />
    </div>
  );
}
