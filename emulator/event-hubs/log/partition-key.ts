/**
 * Which partition a key stands for, as Event Hubs itself has it and SDKs repeat it (@azure/event-hubs,
 * partitionKeyToIdMapper.js: Bob Jenkins' lookup3, folded to 16 bits).
 *
 * @returns 0 to count - 1
 */
export function partitionOfKey(key: string, count: number): number {
  const { b, c } = lookup3(Buffer.from(key, 'utf8'));
  return Math.abs((((b ^ c) << 16) >> 16) % count);
}

const rotate = (value: number, bits: number): number => (value << bits) | (value >>> (32 - bits));

/** `hashlittle2` of lookup3.c, both seeds 0; sums wrap at 32 bits as in C. */
function lookup3(data: Buffer): { readonly b: number; readonly c: number } {
  let a = (0xdeadbeef + data.length) | 0;
  let [b, c] = [a, a];
  let at = 0;
  for (; data.length - at > 12; at += 12) {
    a = (a + data.readInt32LE(at)) | 0;
    b = (b + data.readInt32LE(at + 4)) | 0;
    c = (c + data.readInt32LE(at + 8)) | 0;
    [a, b, c] = mixed(a, b, c);
  }
  if (at === data.length) return { b, c };
  const rest = Buffer.alloc(12);
  data.copy(rest, 0, at);
  a = (a + rest.readInt32LE(0)) | 0;
  b = (b + rest.readInt32LE(4)) | 0;
  c = (c + rest.readInt32LE(8)) | 0;
  return finished(a, b, c);
}

type Three = [a: number, b: number, c: number];

function mixed(a: number, b: number, c: number): Three {
  a = ((a - c) | 0) ^ rotate(c, 4);
  c = (c + b) | 0;
  b = ((b - a) | 0) ^ rotate(a, 6);
  a = (a + c) | 0;
  c = ((c - b) | 0) ^ rotate(b, 8);
  b = (b + a) | 0;
  a = ((a - c) | 0) ^ rotate(c, 16);
  c = (c + b) | 0;
  b = ((b - a) | 0) ^ rotate(a, 19);
  a = (a + c) | 0;
  c = ((c - b) | 0) ^ rotate(b, 4);
  b = (b + a) | 0;
  return [a, b, c];
}

function finished(a: number, b: number, c: number): { readonly b: number; readonly c: number } {
  c = ((c ^ b) - rotate(b, 14)) | 0;
  a = ((a ^ c) - rotate(c, 11)) | 0;
  b = ((b ^ a) - rotate(a, 25)) | 0;
  c = ((c ^ b) - rotate(b, 16)) | 0;
  a = ((a ^ c) - rotate(c, 4)) | 0;
  b = ((b ^ a) - rotate(a, 14)) | 0;
  c = ((c ^ b) - rotate(b, 24)) | 0;
  return { b, c };
}
