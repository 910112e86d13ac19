import { count, countsText, duration, utc } from '../render/format';
import { decisionText } from '../render/lines';
import type { Entry } from './entry';

function sentence(entry: Entry): string {
  switch (entry.kind) {
    case 'started':
      return `started by ${entry.by.actor}: ${entry.by.reason} (spec ${entry.name}, SHA-256 ${entry.specHash ?? 'not recorded'})`;
    case 'planned':
      return `planned: ${count(entry.deviceCount, 'device')} in waves of ${entry.waves.join(', ')}`;
    case 'waveStarted':
      return `wave ${entry.wave} on ${entry.hub} ${entry.settles ? 'settles what is in flight' : 'started'}`;
    case 'waveEnded': {
      const stopped = entry.stopped === undefined ? '' : `, stopped early (${entry.stopped})`;
      return `wave ${entry.wave} on ${entry.hub} ended after ${duration(entry.tookMs)}${stopped}: ${countsText(entry.tally)}`;
    }
    case 'retried':
      return `${entry.what}: attempt ${entry.attempt} took over; the one before failed: ${entry.lastFailure}`;
    case 'activityFailed':
      return `${entry.what} failed: ${entry.why}`;
    case 'decided':
      return decisionText(entry.decision);
    case 'ordered': {
      const wave = entry.wave === undefined ? '' : ` at wave ${entry.wave}`;
      return `${entry.what}${wave} ordered by ${entry.order.actor}: ${entry.order.reason}`;
    }
    case 'soakStarted':
      return `soaking until ${utc(entry.until)}`;
    case 'soakCut':
      return 'soak cut short';
    case 'taskFailed':
      return `the workflow's code failed and waits to be mended: ${entry.why}`;
    case 'continued':
      return 'continued as a new run';
    case 'cancelRequested':
      return `cancellation requested by ${entry.by}${entry.why === '' ? '' : `: ${entry.why}`}`;
    case 'ended':
      return `${entry.how}${entry.why === '' ? '' : `: ${entry.why}`}`;
  }
}

/** One line an entry: UTC time, then what happened. */
export const timelineText = (entries: readonly Entry[]): string =>
  entries.map((entry) => `${utc(entry.at)}  ${sentence(entry)}`).join('\n');
