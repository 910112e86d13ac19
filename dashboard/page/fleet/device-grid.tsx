import { useEffect, useRef, useState } from 'preact/hooks';
import type { DeviceView } from '../../../telemetry/view';
import { type Clock, isOnline } from '../../core/filters';
import { keyOf } from '../../core/fleet-store';
import { ago, number, readingText } from '../../core/format';
import { hashOf } from '../../core/route';
import { movedTo, rowsIn, scrolledTo } from '../../core/rows';
import { go, useMedia } from '../hooks';

/** As style.css has them: a row has one line, and on a phone two. */
const ROW_PX = { wide: 40, narrow: 64 } as const;
export const NARROW = '(max-width: 48rem)';

const COLUMNS = ['Device', 'Hub', 'Site or ring', 'Version', 'Latest reading', 'Last seen', 'Messages', 'Rejected'];

const hrefOf = ({ hub, deviceId }: DeviceView): string => hashOf({ kind: 'device', hub, deviceId });

interface RowProps {
  readonly view: DeviceView;
  readonly index: number;
  readonly rowPx: number;
  readonly active: boolean;
  readonly clock: Clock;
}

function DeviceRow({ view, index, rowPx, active, clock }: RowProps) {
  const online = isOnline(view, clock);
  return (
    <div
      role="row"
      id={`device-${index}`}
      class={active ? 'row active' : 'row'}
      aria-rowindex={index + 2}
      aria-selected={active}
      style={{ transform: `translateY(${index * rowPx}px)` }}
    >
      <span role="gridcell" class="device">
        <span class={online ? 'dot on' : 'dot'} role="img" aria-label={online ? 'online' : 'not online'} />
        <a href={hrefOf(view)} tabIndex={-1}>
          {view.deviceId}
        </a>
      </span>
      <span role="gridcell">{view.hub}</span>
      <span role="gridcell">{view.site}</span>
      <span role="gridcell">{view.version ?? ''}</span>
      <span role="gridcell" class="reading">
        {readingText(view.reading)}
      </span>
      <span role="gridcell" class="seen">
        {ago(view.lastSeen, clock.nowMs)}
      </span>
      <span role="gridcell" class="amount count">
        {number(view.count)}
      </span>
      <span role="gridcell" class={view.rejected > 0 ? 'amount bad' : 'amount none'}>
        {number(view.rejected)}
        <span class="unit"> rejected</span>
      </span>
    </div>
  );
}

/** Devices as a grid of which only the rows in sight are in the document; arrow keys move, Enter opens. */
export function DeviceGrid({ rows, clock }: { readonly rows: readonly DeviceView[]; readonly clock: Clock }) {
  const rowPx = useMedia(NARROW) ? ROW_PX.narrow : ROW_PX.wide;
  const box = useRef<HTMLDivElement>(null);
  const [seen, setSeen] = useState({ scrollTop: 0, height: 600 });
  const [active, setActive] = useState(0);
  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const measure = (): void => setSeen({ scrollTop: element.scrollTop, height: element.clientHeight });
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    element.addEventListener('scroll', measure, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', measure);
    };
  }, []);
  const at = Math.min(active, Math.max(0, rows.length - 1));
  const { first, end } = rowsIn({ ...seen, rowHeight: rowPx, count: rows.length });
  const onKeyDown = (event: KeyboardEvent): void => {
    const row = rows[at];
    if (event.key === 'Enter' && row !== undefined && event.target === box.current) {
      go(hrefOf(row));
      return;
    }
    const to = movedTo(event.key, at, { count: rows.length, page: Math.floor(seen.height / rowPx) });
    if (to === undefined || rows.length === 0) return;
    event.preventDefault();
    setActive(to);
    box.current?.scrollTo({ top: scrolledTo(to, { ...seen, height: seen.height - rowPx, rowHeight: rowPx }) });
  };
  return (
    <div
      ref={box}
      class="grid"
      role="grid"
      tabIndex={0}
      aria-label="Devices; arrow keys move, Enter opens"
      aria-rowcount={rows.length + 1}
      aria-activedescendant={at >= first && at < end ? `device-${at}` : undefined}
      onKeyDown={onKeyDown}
    >
      <div role="rowgroup" class="head">
        <div role="row" class="row" aria-rowindex={1}>
          {COLUMNS.map((column) => (
            <span key={column} role="columnheader">
              {column}
            </span>
          ))}
        </div>
      </div>
      {rows.length > 0 && (
        <div role="rowgroup" class="body" style={{ height: `${rows.length * rowPx}px` }}>
          {rows.slice(first, end).map((view, offset) => (
            <DeviceRow
              key={keyOf(view)}
              view={view}
              index={first + offset}
              rowPx={rowPx}
              active={first + offset === at}
              clock={clock}
            />
          ))}
        </div>
      )}
    </div>
  );
}
