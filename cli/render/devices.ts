import { type DetailCount, type DeviceCounts, type ListedDevice, OUTCOME_KINDS } from '../../domain/device-list';
import type { OutcomeKind } from '../../domain/tally';
import { tallyOf } from '../../domain/tally';
import { count, countsText, OUTCOMES, utc } from './format';

const LABELS = new Map<string, string>(OUTCOMES);
const labelOf = (kind: OutcomeKind): string => LABELS.get(kind) ?? kind;
const WIDTH = Math.max(...OUTCOME_KINDS.map((kind) => labelOf(kind).length));
const PASSES = { wave: 'wave', rollback: 'rollback of wave', catchUp: 'catch-up of wave' } as const;

type Why = Pick<DetailCount, 'kind' | 'status' | 'detail'>;

/** Status and words, as far as there are any. */
const wordsOf = ({ status, detail }: Why): string => [status, detail].filter((part) => part !== undefined).join(' ');

const detailText = (detail: DetailCount): string =>
  `${detail.deviceCount} × ${wordsOf(detail) || `${labelOf(detail.kind)}, without details`}`;

/** Counts by outcome, then the most frequent details. */
export function deviceCountsText({ deviceCount, byOutcome, details, otherCount }: DeviceCounts): string {
  return [
    `${count(deviceCount, 'device')}: ${countsText(tallyOf(byOutcome))}`,
    ...details.map((detail) => `  ${detailText(detail)}`),
    ...(otherCount > 0 ? [`  ${otherCount} × other details`] : []),
  ].join('\n');
}

/** A device on one line. */
export function listedDeviceText(device: ListedDevice): string {
  const { endedAt, hub, deviceId, pass, wave, attempt, kind } = device;
  const where = `${PASSES[pass]} ${wave}, attempt ${attempt}`;
  const line = `${utc(endedAt)}  ${labelOf(kind).padEnd(WIDTH)}  ${hub}  ${deviceId}  ${where}`;
  const words = wordsOf(device);
  return words === '' ? line : `${line}: ${words}`;
}
