import { useEffect, useMemo, useState } from 'preact/hooks';
import type { DeviceDetail, DeviceView } from '../../../telemetry/view';
import { ApiError } from '../../core/api';
import { isOnline } from '../../core/filters';
import { ago, local, number, readingText } from '../../core/format';
import { type LivePoint, seriesOf, windowMsOf, withPoint } from '../../core/series';
import { Failure } from '../failure';
import { useAnswer, useNow, useVersion } from '../hooks';
import type { Page } from '../page';
import { Chart } from './chart';
import { Story } from './story';
import { Twin } from './twin';

interface Which {
  readonly page: Page;
  readonly hub: string;
  readonly deviceId: string;
}

/** Windows are asked for anew so often: what a page that lost its connection missed is in them. */
const WINDOWS_EVERY_MS = 60_000;

/** What the device is told to have measured while its page is open. */
function usePoints(view: DeviceView | undefined): readonly LivePoint[] {
  const [points, setPoints] = useState<readonly LivePoint[]>([]);
  useEffect(() => {
    if (view !== undefined) setPoints((known) => withPoint(known, view));
  }, [view]);
  return points;
}

function Facts({ view, page, nowMs }: { readonly view: DeviceView; readonly page: Page; readonly nowMs: number }) {
  const clock = { nowMs, onlineWithinMs: page.config.onlineWithinSeconds * 1_000 };
  const facts: readonly (readonly [string, string])[] = [
    ['Hub', view.hub],
    ['Site or ring', view.site],
    ['Version', view.version ?? 'not told'],
    ['Online', isOnline(view, clock) ? 'yes' : 'no'],
    ['Last seen', `${ago(view.lastSeen, nowMs)} (${local(view.lastSeen)})`],
    ['Latest reading', readingText(view.reading)],
    ['Messages', number(view.count)],
    ['Rejected', number(view.rejected)],
  ];
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd data-fact={name}>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Charts({
  detail,
  points,
  nowMs,
}: {
  readonly detail: DeviceDetail;
  readonly points: readonly LivePoint[];
  readonly nowMs: number;
}) {
  const all = useMemo(() => seriesOf(detail, points, windowMsOf(detail)), [detail, points]);
  if (all.length === 0) return <p>No reading has been accepted yet.</p>;
  return (
    <div class="charts">
      {all.map((series) => (
        <Chart key={series.field} series={series} nowMs={nowMs} />
      ))}
    </div>
  );
}

const isUnknown = (error: unknown): boolean => error instanceof ApiError && error.status === 404;

/** Readings over time, twin, and what rollouts have done to a device. */
export function DevicePage({ page, hub, deviceId }: Which) {
  const { store, api, config } = page;
  const version = useVersion(store);
  const nowMs = useNow();
  const key = `${hub}\n${deviceId}`;
  const {
    value: detail,
    error,
    again,
  } = useAnswer({
    key,
    ask: (signal) => api.device(hub, deviceId, signal),
    nextMs: () => WINDOWS_EVERY_MS,
  });
  const told = useMemo(() => store.get({ hub, deviceId }), [store, version, hub, deviceId]);
  const points = usePoints(told);
  const view = told ?? detail;
  return (
    <>
      {view !== undefined && <Facts view={view} page={page} nowMs={nowMs} />}
      <section aria-labelledby="readings">
        <h2 id="readings">Readings</h2>
        {error !== undefined &&
          (isUnknown(error) ? <p>The device has sent nothing yet.</p> : <Failure error={error} again={again} />)}
        {detail !== undefined && <Charts detail={detail} points={points} nowMs={nowMs} />}
      </section>
      {config.rolloutsUrl !== undefined && (
        <>
          <Twin api={api} hub={hub} deviceId={deviceId} />
          <Story api={api} hub={hub} deviceId={deviceId} />
        </>
      )}
    </>
  );
}
