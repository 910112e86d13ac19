import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { temporal } from '@temporalio/proto';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCodec, decodedMessage, keysOf, parseKeys } from '../../codec';
import { failureConverter } from '../../codec/failures';
import { faultCodeOf } from '../../domain/errors';

const line = (id: string): string => `${id}:${randomBytes(32).toString('base64')}`;
const [OLD, NEW] = [line('2025'), line('2026')];
const payloadOf = (value: unknown): Payload => defaultPayloadConverter.toPayload<unknown>(value);
const SECRET = payloadOf({ method: 'lockDoor', payload: 'very secret' });
const codeOf = (promise: Promise<unknown>): Promise<string | undefined> =>
  promise.then(
    () => undefined,
    (error: unknown) => faultCodeOf(error),
  );

const encrypted = async (payload: Payload, ...keys: string[]): Promise<Payload> => {
  const [found] = await createCodec(parseKeys(keys.join('\n'), 'test')).encode([payload]);
  if (found === undefined) throw new Error('nothing was encoded');
  return found;
};
const decrypted = (payload: Payload, ...keys: string[]): Promise<Payload[]> =>
  createCodec(parseKeys(keys.join('\n'), 'test')).decode([payload]);
const valueOf = ([payload]: readonly Payload[]): unknown => defaultPayloadConverter.fromPayload(payload ?? {});

describe('payloads', () => {
  it('come back as they went in, and show nothing but the id of their key meanwhile', async () => {
    const hidden = await encrypted(SECRET, NEW);

    expect(Buffer.from(hidden.data ?? []).toString('latin1')).not.toMatch(/secret|lockDoor|json/);
    expect(Object.keys(hidden.metadata ?? {})).toEqual(['encoding', 'encryption-key-id']);
    expect(valueOf(await decrypted(hidden, NEW))).toEqual({ method: 'lockDoor', payload: 'very secret' });
  });

  it('never look the same twice', async () => {
    const [first, second] = [await encrypted(SECRET, NEW), await encrypted(SECRET, NEW)];

    expect(Buffer.from(first.data ?? []).equals(Buffer.from(second.data ?? []))).toBe(false);
  });

  it('are encrypted with the first key and read with all of them, so that keys can be rotated', async () => {
    const before = await encrypted(SECRET, OLD);
    const after = await encrypted(SECRET, NEW, OLD);

    expect(Buffer.from(after.metadata?.['encryption-key-id'] ?? []).toString()).toBe('2026');
    expect(valueOf(await decrypted(before, NEW, OLD))).toEqual(valueOf(await decrypted(after, NEW, OLD)));
  });

  it('are read as they are where they were never encrypted', async () => {
    await expect(decrypted(SECRET, NEW)).resolves.toEqual([SECRET]);
    await expect(createCodec(undefined).encode([SECRET])).resolves.toEqual([SECRET]);
  });

  it('name the key that is missing', async () => {
    const hidden = await encrypted(SECRET, OLD);

    await expect(codeOf(decrypted(hidden, NEW))).resolves.toBe('GS_CODEC_KEY_UNKNOWN');
    await expect(decrypted(hidden, NEW)).rejects.toThrow(/id=2025 known=2026 setting=GROUNDSWELL_CODEC_KEYS_FILE/);
    await expect(codeOf(createCodec(undefined).decode([hidden]))).resolves.toBe('GS_CODEC_KEY_UNKNOWN');
  });

  it('refuse another key of the same id, and any change', async () => {
    const hidden = await encrypted(SECRET, NEW);
    const data = Buffer.from(hidden.data ?? []);
    data.writeUInt8(data.readUInt8(data.length - 1) ^ 1, data.length - 1);

    await expect(codeOf(decrypted(hidden, line('2026')))).resolves.toBe('GS_CODEC_KEY_WRONG');
    await expect(codeOf(decrypted({ ...hidden, data }, NEW))).resolves.toBe('GS_CODEC_KEY_WRONG');
  });
});

describe('keys', () => {
  it.each([
    ['', 'there is no key'],
    ['# only a comment', 'there is no key'],
    [`${NEW}\n2027:c2hvcnQ=`, 'entry 2'],
    [`no id at all`, 'entry 1'],
    [`${NEW},${NEW}`, 'same id'],
  ])('are refused when they cannot be used: %#', (text, reason) => {
    expect(() => parseKeys(text, 'test')).toThrow(reason);
    expect(() => parseKeys(text, 'test')).not.toThrow(/c2hvcnQ|:[A-Za-z0-9+/]{20}/);
  });

  it('come from a file or from a variable, in that order, or are none', () => {
    const folder = mkdtempSync(join(tmpdir(), 'groundswell-keys-'));
    const file = join(folder, 'keys');
    writeFileSync(file, `# ours\n${NEW}\n${OLD}\n`);
    const both = { GROUNDSWELL_CODEC_KEYS_FILE: file, GROUNDSWELL_CODEC_KEYS: OLD };

    expect(keysOf(both)?.map(({ id }) => id)).toEqual(['2026', '2025']);
    expect(keysOf({ GROUNDSWELL_CODEC_KEYS: OLD })?.map(({ id }) => id)).toEqual(['2025']);
    expect(keysOf({})).toBeUndefined();
    expect(() => keysOf({ GROUNDSWELL_CODEC_KEYS_FILE: join(folder, 'gone') })).toThrow(/ENOENT/);
    rmSync(folder, { recursive: true });
  });
});

it('decodes a whole message, however deep, and puts the words of failures back', async () => {
  const failure = failureConverter.errorToFailure(new Error('the door is jammed'), defaultPayloadConverter);
  const encodedAttributes = await encrypted(failure.encodedAttributes ?? {}, NEW);
  const { History } = temporal.api.history.v1;
  const raw = History.decode(
    History.encode({
      events: [
        {
          eventId: { low: 7, high: 0, unsigned: false } as never,
          workflowExecutionStartedEventAttributes: { input: { payloads: [await encrypted(SECRET, NEW)] } },
        },
        { workflowExecutionFailedEventAttributes: { failure: { ...failure, encodedAttributes } } },
      ],
    }).finish(),
  );

  const { events } = await decodedMessage([createCodec(parseKeys(NEW, 'test'))], raw);

  expect(failure.message).toBe('Encoded failure');
  expect(events[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId).toBe('');
  expect(events[0]?.eventId?.toString()).toBe('7');
  expect(valueOf(events[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [])).toMatchObject({
    payload: 'very secret',
  });
  expect(events[1]?.workflowExecutionFailedEventAttributes?.failure?.message).toBe('the door is jammed');
});
