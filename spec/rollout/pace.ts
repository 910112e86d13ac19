import type { BatchRule, OfflineRule, RetryRule } from '../../domain/spec';
import { z } from 'zod';
import { listOf, oneOf, record, whole } from '../fields';
import { duration, share } from './units';

export const batch = record({
  size: whole(1, 1_000)
    .default(100)
    .describe(
      "Devices in one hub job, or in one stretch of direct calls, at most. Long ids make smaller batches, since a job's condition must stay below 8,192 characters.",
    ),
  parallel: whole(1, 100)
    .default(1)
    .describe("Batches at once on one hub, at most; the hub's job slots bound it, too (S1 1, S2 5, S3 10)."),
  timeout: duration('10s', '1d')
    .prefault('1h')
    .describe('How long a batch may run once it has begun; a device that stays offline is given up then.'),
  startWithin: duration('10s', '7d')
    .prefault('1h')
    .describe(
      'How long a job may wait on the hub before it is given up as never started. Waiting in line is not running.',
    ),
  devicesPerMinute: whole(1, 1_000_000)
    .optional()
    .meta({ without: "the hub's own pace" })
    .describe('Devices begun in a minute on one hub, at most.'),
}).transform(({ size, parallel, timeout, startWithin, devicesPerMinute }): BatchRule => ({
  size,
  parallel,
  timeoutMs: timeout,
  startWithinMs: startWithin,
  ...(devicesPerMinute !== undefined && { devicesPerMinute }),
}));

const backoff = record({
  first: duration('0s', '1d').prefault('1m').describe('Rest before the second attempt.'),
  factor: z
    .number({ error: 'a number from 1 to 10' })
    .min(1, { error: 'a number from 1 to 10' })
    .max(10, { error: 'a number from 1 to 10' })
    .default(2)
    .describe('By this each further rest is longer.'),
  most: duration('0s', '1d').prefault('1h').describe('No rest is longer.'),
}).refine(({ first, most }) => most >= first, { path: ['most'], error: 'a duration not shorter than `first`' });

const RETRIED = ['failed', 'timedOut', 'offline'] as const;

export const retry = record({
  attempts: whole(2, 10).describe('Attempts a device, the first one counted.'),
  on: listOf(oneOf(RETRIED), RETRIED.length, 'of failed, timedOut and offline')
    .default(['failed', 'timedOut'])
    .meta({ without: '`failed`, `timedOut`' })
    .describe('After which outcomes a device is tried again.'),
  backoff: backoff.prefault({}).describe('How long devices rest between two attempts.'),
}).transform(({ attempts, on, backoff: { first, factor, most } }): RetryRule => ({
  attempts,
  on,
  firstMs: first,
  factor,
  mostMs: most,
}));

/** What a spec without the section has. */
export const NO_RETRY: RetryRule = { attempts: 1, on: [], firstMs: 60_000, factor: 2, mostMs: 3_600_000 };

export const offline = record({
  quorum: share()
    .prefault('90%')
    .describe(
      'The wave is judged without its offline devices when at least this share of (wave - skipped) was not offline; else it holds.',
    ),
  catchUp: duration('0s', '30d').prefault('7d').describe('How long after the last wave the catch-up still tries them.'),
}).transform(({ quorum, catchUp }): OfflineRule => ({ quorum, catchUpMs: catchUp }));
