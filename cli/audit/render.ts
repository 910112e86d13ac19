import { count, countsText, duration, utc } from '../render/format';
import { decisionText, settingsText } from '../../domain/decision-texts';
import type { Entry } from './entry';

const underWayText = (names: readonly string[] = []): string =>
  names.length === 0 ? '' : `; under way, and not brought to rest: ${names.join(', ')}`;

function sentence(entry: Entry): string {
  switch (entry.kind) {
    case 'started':
      return `started by ${entry.by.actor}: ${entry.by.reason} (spec ${entry.name}, SHA-256 ${entry.specHash ?? 'not recorded'})`;
    case 'planned':
      return `planned: ${count(entry.deviceCount, 'device')} in waves of ${entry.waves.join(', ')}`;
    case 'joined':
      return `wave ${entry.wave} planned: ${count(entry.deviceCount, 'device')} joined late`;
    case 'turnedAway':
      return entry.reasons.length === 0
        ? 'no late joiner is left that cannot be moved'
        : `in no wave: late joiners that cannot be moved: ${entry.reasons.join('; ')}`;
    case 'shareStarted':
      return `${entry.share} ${entry.settles ? 'settles what is in flight' : 'started'}`;
    case 'shareEnded': {
      const stopped = entry.stopped === undefined ? '' : `, stopped early (${entry.stopped})`;
      return `${entry.share} ended after ${duration(entry.tookMs)}${stopped}: ${countsText(entry.tally)}`;
    }
    case 'retried':
      return `${entry.what}: attempt ${entry.attempt} took over; the one before failed: ${entry.lastFailure}`;
    case 'activityFailed':
      return `${entry.what} failed: ${entry.why}`;
    case 'decided':
      return decisionText(entry.decision);
    case 'ordered': {
      const wave = entry.wave === undefined ? '' : ` at wave ${entry.wave}`;
      return `${entry.what}${settingsText(entry.settings)}${wave} ordered by ${entry.order.actor}: ${entry.order.reason}`;
    }
    case 'waitStarted':
      return `waits until ${utc(entry.until)}: ${entry.what}`;
    case 'waitCut':
      return `wait cut short: ${entry.what}`;
    case 'closed':
      return `ledger closed: ${entry.path}, SHA-256 ${entry.sha256}`;
    case 'taskFailed':
      return `the workflow's code failed and waits to be mended: ${entry.why}`;
    case 'continued':
      return 'continued as a new run';
    case 'cancelRequested':
      return `cancellation requested by ${entry.by}${entry.why === '' ? '' : `: ${entry.why}`}`;
    case 'ended':
      return `${entry.how}${entry.why === '' ? '' : `: ${entry.why}`}${underWayText(entry.underWay)}`;
  }
}

/** One line an entry: UTC time, then what happened. */
export const timelineText = (entries: readonly Entry[]): string =>
  entries.map((entry) => `${utc(entry.at)}  ${sentence(entry)}`).join('\n');
