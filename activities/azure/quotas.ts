import { TokenBucket } from 'limiter';
import {
  type HubSku,
  methodsPerSecond,
  queriesPerMinute,
  twinReadsPerSecond,
  twinUpdatesPerSecond,
} from '../../domain/limits';
import type { Quota } from '../ports';

/** A full bucket lets one interval's worth pass at once, as a hub does. */
function bucket(tokens: number, interval: 'second' | 'minute'): TokenBucket {
  const full = new TokenBucket({ bucketSize: tokens, tokensPerInterval: tokens, interval });
  full.content = tokens;
  return full;
}

/**
 * A token bucket for each quota of a hub, for all that this worker does there. Other workers and programs share the hub's
 * quotas, too: what they take shows as 429, which callers obey.
 *
 * @see docs/decisions/0011-token-buckets.md
 */
export function createQuotas(sku: HubSku): (quota: Quota, places?: number) => Promise<void> {
  const buckets: Readonly<Record<Quota, TokenBucket>> = {
    methods: bucket(methodsPerSecond(sku), 'second'),
    twinUpdates: bucket(twinUpdatesPerSecond(sku), 'second'),
    twinReads: bucket(twinReadsPerSecond(sku), 'second'),
    queries: bucket(queriesPerMinute(sku), 'minute'),
  };
  return async (quota, places = 1) => {
    await buckets[quota].removeTokens(places);
  };
}
