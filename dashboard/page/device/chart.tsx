import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { ago, local, number } from '../../core/format';
import type { Series } from '../../core/series';
import { useMedia } from '../hooks';

const HEIGHT_PX = 200;

const colour = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

const dataOf = ({ at, mean, min, max }: Series): uPlot.AlignedData => [[...at], [...mean], [...min], [...max]];

function optionsOf(width: number): uPlot.Options {
  const [ink, accent, line, soft] = ['--ink', '--accent', '--line', '--soft'].map(colour);
  const axis = { stroke: ink ?? '', grid: { stroke: line ?? '', width: 1 }, ticks: { stroke: line ?? '', width: 1 } };
  const value = (_: uPlot, raw: number | null): string => (raw === null ? '-' : number(raw));
  return {
    width,
    height: HEIGHT_PX,
    axes: [axis, { ...axis, size: 60 }],
    series: [
      {},
      { label: 'mean', stroke: accent ?? '', width: 2, value },
      { label: 'least', stroke: 'transparent', points: { show: false }, value },
      { label: 'most', stroke: 'transparent', points: { show: false }, value },
    ],
    bands: [{ series: [3, 2], fill: soft ?? '' }],
  };
}

/** The canvas takes its colours when it is made, so it is made anew when they change. */
function usePlot(series: Series) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const latest = useRef(series);
  latest.current = series;
  const dark = useMedia('(prefers-color-scheme: dark)');
  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const made = new uPlot(optionsOf(element.clientWidth), dataOf(latest.current), element);
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT_PX }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
    };
  }, [dark]);
  useEffect(() => plot.current?.setData(dataOf(series)), [series]);
  return box;
}

const pointsOf = ({ at, mean, min, max }: Series) =>
  at.map((seconds, index) => ({
    at: new Date(seconds * 1_000).toISOString(),
    mean: mean[index] ?? 0,
    min: min[index] ?? 0,
    max: max[index] ?? 0,
  }));

/** A field over time: a plot, and the same as a table for who cannot see it. */
export function Chart({ series, nowMs }: { readonly series: Series; readonly nowMs: number }) {
  const box = usePlot(series);
  const points = pointsOf(series);
  const last = points.at(-1);
  if (last === undefined) return null;
  return (
    <figure>
      <figcaption>
        <strong>{series.field}</strong>: {number(last.mean)} {ago(last.at, nowMs)}; {number(Math.min(...series.min))} to{' '}
        {number(Math.max(...series.max))} in all
      </figcaption>
      <div ref={box} class="chart" aria-hidden="true" data-points={points.length} />
      <details>
        <summary>{series.field} as a table</summary>
        <div class="scroll" tabIndex={0} role="region" aria-label={`${series.field} as a table`}>
          <table>
            <thead>
              <tr>
                <th scope="col">Time</th>
                <th scope="col">Mean</th>
                <th scope="col">Least</th>
                <th scope="col">Most</th>
              </tr>
            </thead>
            <tbody>
              {points
                .slice(-TABLE_ROWS)
                .reverse()
                .map(({ at, mean, min, max }) => (
                  <tr key={at}>
                    <td>{local(at)}</td>
                    <td>{number(mean)}</td>
                    <td>{number(min)}</td>
                    <td>{number(max)}</td>
                  </tr>
                ))}
            </tbody>
          </table>
        </div>
      </details>
    </figure>
  );
}

/** Newest rows of a table beside a plot. */
const TABLE_ROWS = 100;
