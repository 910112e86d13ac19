import type { TLSSocket } from 'node:tls';
import fc from 'fast-check';

/** The same cases in every run: what failed once fails again. */
const SEED = 20_240_607;

/** What a server closes at once is closed by then, on the slowest of machines. */
export const SOON_MS = 60_000;

/** `count` values of an arbitrary, the same in every run. @param salt tells lists of one arbitrary apart */
export const casesOf = <T>(arbitrary: fc.Arbitrary<T>, count: number, salt = 0): T[] =>
  fc.sample(arbitrary, { numRuns: count, seed: SEED + salt });

/** One change of a byte string. */
type Change =
  | { readonly kind: 'set'; readonly at: number; readonly byte: number }
  | { readonly kind: 'cut'; readonly at: number }
  | { readonly kind: 'insert'; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: 'repeat'; readonly at: number };

const position = fc.nat({ max: 4096 });
const change: fc.Arbitrary<Change> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('set'), at: position, byte: fc.integer({ min: 0, max: 255 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cut'), at: position }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('insert'),
      at: position,
      bytes: fc.uint8Array({ minLength: 1, maxLength: 12 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('repeat'), at: position }) },
);

/** Byte strings that were good once, with a few changes each. */
export const mutated = (goods: readonly Buffer[]): fc.Arbitrary<Buffer> =>
  fc
    .tuple(fc.constantFrom(...goods), fc.array(change, { minLength: 1, maxLength: 4 }))
    .map(([good, changes]) => changes.reduce(changed, good));

function changed(bytes: Buffer, made: Change): Buffer {
  if (bytes.length === 0) return bytes;
  const at = made.at % bytes.length;
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
  switch (made.kind) {
    case 'set':
      return Buffer.concat([before, Buffer.from([made.byte]), after.subarray(1)]);
    case 'cut':
      return before;
    case 'insert':
      return Buffer.concat([before, made.bytes, after]);
    case 'repeat':
      return Buffer.concat([before, after, after]);
  }
}

/** As {@link mutated}, for texts: every character stays one. */
export const mutatedText = (goods: readonly string[]): fc.Arbitrary<string> =>
  mutated(goods.map((good) => Buffer.from(good, 'latin1'))).map((bytes) => bytes.toString('latin1'));

/** Whether the other side closes within the time; what it sends is thrown away. */
export function closes(socket: TLSSocket, withinMs: number): Promise<boolean> {
  socket.resume();
  if (socket.closed) return Promise.resolve(true);
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), withinMs);
    socket.on('error', () => undefined); // of a write that came too late; the end of it all the same
    socket.once('close', () => {
      clearTimeout(timer);
      resolve(true);
    });
  });
}

/** Does the work for all, `width` at a time. */
export async function inLanes<T>(items: readonly T[], width: number, work: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < items.length) await work(items[next++] as T); // there is one below length
  };
  await Promise.all(Array.from({ length: width }, lane));
}

/** Whether two tokens say the same of every field that counts, as a strict reader would take them. */
export const sameToken = (one: string, other: string): boolean => tokenFields(one) === tokenFields(other);

function tokenFields(text: string): string {
  const fields = text
    .replace(/^SharedAccessSignature\s+/i, '')
    .trim()
    .split('&');
  return JSON.stringify(
    fields
      .filter((field) => /^(sr|sig|se|skn)=/.test(field))
      .map(decoded)
      .sort(),
  );
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
