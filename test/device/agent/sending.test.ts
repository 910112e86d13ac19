import { setImmediate as tick } from 'node:timers/promises';
import { StatusError } from '../../../device/agent/failure';
import type { HubSession } from '../../../device/agent/hub';
import { joined } from '../../../device/agent/merge';
import { Outbox } from '../../../device/agent/outbox';
import { Reports } from '../../../device/agent/reports';
import type { Properties, Telemetry } from '../../../device/agent/types';

/** A hub that says what it thinks of each thing that it is sent. */
function fakeSession(opinion: (sent: unknown) => Error | undefined): HubSession & { readonly taken: unknown[] } {
  const taken: unknown[] = [];
  const take = (sent: unknown): Promise<void> => {
    const problem = opinion(sent);
    if (problem !== undefined) return Promise.reject(problem);
    taken.push(sent);
    return Promise.resolve();
  };
  return { taken, report: take, send: (message: Telemetry) => take(message.body), close: () => Promise.resolve() };
}
const agreeing = () => fakeSession(() => undefined);
const away = () => fakeSession(() => new Error('gone'));
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) await tick();
};

describe('reports', () => {
  const reports = () => new Reports({ rest: () => Promise.resolve(), problem: () => undefined });

  it('are kept while there is no connection, and sent as one', async () => {
    const sending = reports();
    expect(await sending.add({ a: { b: 1 } })).toBe(false);
    expect(await sending.add({ a: { c: null }, d: 2 })).toBe(false);
    const hub = agreeing();

    sending.connected(hub);
    await settle();

    expect(hub.taken).toEqual([{ a: { b: 1, c: null }, d: 2 }]);
  });

  it('that a connection has lost are sent again with the next, under what came later', async () => {
    const sending = reports();
    const [first, second] = [away(), agreeing()];
    sending.connected(first);
    expect(await sending.add({ a: 1, b: 1 })).toBe(false);
    sending.disconnected();
    await sending.add({ b: 2 });

    sending.connected(second);
    await settle();

    expect(second.taken).toEqual([{ a: 1, b: 2 }]);
    expect(await sending.add({ c: 3 })).toBe(true);
  });

  it('that a hub refuses are given up, and do not stand in the way of others', async () => {
    const refusal = new StatusError('too large', { statusCode: 413, headers: {} });
    const hub = fakeSession((sent) => ('large' in (sent as Properties) ? refusal : undefined));
    const sending = reports();
    sending.connected(hub);

    const large = await sending.add({ large: true });
    await settle();

    expect(large).toBe(false);
    expect(await sending.add({ small: true })).toBe(true);
    expect(hub.taken).toEqual([{ small: true }]);
  });

  it('that a hub is too busy for are sent again over the same connection', async () => {
    let busy = 2;
    const hub = fakeSession(() => (busy-- > 0 ? new StatusError('busy', { statusCode: 429, headers: {} }) : undefined));
    const sending = reports();
    sending.connected(hub);

    void sending.add({ a: 1 });
    await settle();

    expect(hub.taken).toEqual([{ a: 1 }]);
  });
});

it('joins patches so that null still removes', () => {
  expect(joined({ a: { b: 1 } }, { a: { c: null } })).toEqual({ a: { b: 1, c: null } });
  expect(joined({ a: { b: 1 } }, { a: null })).toEqual({ a: null });
  expect(joined({ a: [1] }, { a: { b: 1 } })).toEqual({ a: { b: 1 } });
});

describe('telemetry', () => {
  const numbers = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);
  const fill = (outbox: Outbox, from: number, to: number): void =>
    numbers(from, to).forEach((body) => outbox.add({ body }));

  it('waits for a connection, drops the oldest for want of room, and counts them', async () => {
    const outbox = new Outbox(5, () => undefined);
    const hub = agreeing();
    fill(outbox, 1, 8);

    outbox.connected(hub);
    await settle();

    expect(hub.taken).toEqual([4, 5, 6, 7, 8]);
    expect(outbox.dropped).toBe(3);
  });

  it('goes over the next connection, in order, when one is lost before the hub has confirmed it', async () => {
    const outbox = new Outbox(100, () => undefined);
    const [first, second] = [fakeSession((body) => (Number(body) > 10 ? new Error('gone') : undefined)), agreeing()];
    outbox.connected(first);
    fill(outbox, 1, 40);
    await settle();
    outbox.disconnected();

    outbox.connected(second);
    await settle();

    expect(first.taken).toEqual(numbers(1, 10));
    expect(second.taken).toEqual(numbers(11, 40));
  });

  it('refuses a message that no hub would take', () => {
    const outbox = new Outbox(5, () => undefined);

    expect(() => outbox.add({ body: 'x'.repeat(256 * 1024) })).toThrow(RangeError);
  });
});
