import { TokenBucket } from 'limiter';
import { LRUCache } from 'lru-cache';
import { HttpError } from '../../http/http-error';

/** A page asks about once a second; a person has some open. */
const PER_SECOND = 20;
const AT_ONCE = 60;
/** Callers that are counted at a time; one that is forgotten begins anew. */
const CALLERS = 10_000;

/** Counts requests by caller. @returns what throws HttpError 429 for one too many */
export function createRateLimit(perSecond = PER_SECOND, atOnce = AT_ONCE): (caller: string) => void {
  const buckets = new LRUCache<string, TokenBucket>({ max: CALLERS });
  const fresh = (): TokenBucket => {
    const bucket = new TokenBucket({ bucketSize: atOnce, tokensPerInterval: perSecond, interval: 'second' });
    bucket.content = atOnce; // it begins empty otherwise
    return bucket;
  };
  return (caller) => {
    const bucket = buckets.get(caller) ?? fresh();
    buckets.set(caller, bucket);
    if (bucket.tryRemoveTokens(1)) return;
    throw new HttpError(429, 'TOO_MANY', `more than ${perSecond} requests a second`, {
      headers: { 'retry-after': '1' },
    });
  };
}

/**
 * Lets all who ask for the same while it is being found out have one answer: a rollout that a hundred pages look at is
 * asked for once at a time.
 */
export function createSharing(): <Value>(key: string, find: () => Promise<Value>) => Promise<Value> {
  const running = new Map<string, Promise<unknown>>();
  return <Value>(key: string, find: () => Promise<Value>): Promise<Value> => {
    const known = running.get(key);
    if (known !== undefined) return known as Promise<Value>; // of the same key, so of the same type
    const found = find().finally(() => running.delete(key));
    running.set(key, found);
    return found;
  };
}
