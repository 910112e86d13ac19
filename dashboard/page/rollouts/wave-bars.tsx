import { type LiveWave, waveName } from '../../../domain/live-waves';
import { countsText } from '../../../domain/tally-texts';
import { duration } from '../../../domain/time';

/** Parts of a bar, in the order in which they lie; what is pending is the rest of it. */
const PARTS = ['succeeded', 'failed', 'timedOut', 'offline', 'skipped', 'running'] as const;

const titleOf = (wave: LiveWave): string => (wave.pass === 'wave' ? `Wave ${wave.index}` : waveName(wave));

const tookText = ({ startedAt, endedAt }: LiveWave, nowMs: number): string =>
  startedAt === undefined
    ? ''
    : duration(Math.max(0, (endedAt === undefined ? nowMs : Date.parse(endedAt)) - Date.parse(startedAt)));

function WaveBar({ wave, nowMs }: { readonly wave: LiveWave; readonly nowMs: number }) {
  const { deviceCount, doneCount, tally, status, waitsFor } = wave;
  const counts = countsText(tally);
  return (
    <li class="wave" data-wave={waveName(wave)} data-status={status}>
      <p>
        <strong>{titleOf(wave)}</strong> <span class={`badge wave-${status}`}>{status}</span> {doneCount} of{' '}
        {deviceCount} done {tookText(wave, nowMs)}
      </p>
      <div
        class="bar"
        role="progressbar"
        aria-label={titleOf(wave)}
        aria-valuemin={0}
        aria-valuemax={deviceCount}
        aria-valuenow={doneCount}
        aria-valuetext={`${doneCount} of ${deviceCount} done: ${counts}`}
      >
        {PARTS.map((part) => (
          <span
            key={part}
            class={part}
            style={{ width: `${deviceCount === 0 ? 0 : (tally[part] / deviceCount) * 100}%` }}
          />
        ))}
      </div>
      <p class="more">
        {counts}
        {waitsFor.map((text) => `; ${text}`)}
      </p>
    </li>
  );
}

/** Each wave as a bar that fills with its devices' outcomes. */
export const WaveBars = ({ waves, nowMs }: { readonly waves: readonly LiveWave[]; readonly nowMs: number }) => (
  <ol class="waves">
    {waves.map((wave) => (
      <WaveBar key={waveName(wave)} wave={wave} nowMs={nowMs} />
    ))}
  </ol>
);
