import { defaultPayloadConverter, type PayloadConverter } from '@temporalio/common';
import type { History } from '../rollouts';
import type { Entry } from './entry';
import { timeOf } from './event';
import { type Reader, RULES } from './rules';

/**
 * Tells a rollout's story from its history.
 *
 * @param histories of all its runs, oldest first
 * @returns         what happened, in the order of the history; nothing that only the machinery cares for
 */
export function timelineOf(
  histories: readonly History[],
  converter: PayloadConverter = defaultPayloadConverter,
): Entry[] {
  const entries: Entry[] = [];
  for (const { events } of histories) {
    const reader: Reader = { converter, scheduled: new Map(), timers: new Map(), entries };
    for (const event of events ?? []) {
      const at = timeOf(event.eventTime).toISOString();
      for (const rule of RULES) entries.push(...rule(event, at, reader));
    }
  }
  return entries;
}
