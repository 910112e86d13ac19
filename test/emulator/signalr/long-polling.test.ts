import { LongPolling } from '../../../emulator/signalr/transports/long-polling';

const textOf = (answer: Awaited<ReturnType<LongPolling['poll']>['answer']>): string | number =>
  answer.status === 204 ? 204 : answer.body.toString();

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

it('answers with all that came since the last poll, or with the first that comes', async () => {
  const transport = new LongPolling();
  transport.send('a');
  transport.send(Buffer.from('b'));

  expect(textOf(await transport.poll().answer)).toBe('ab');
  const waiting = transport.poll().answer;
  transport.send('c');
  expect(textOf(await waiting)).toBe('c');
});

it('answers nothing after 90 s, so that the client asks again', async () => {
  const waiting = new LongPolling().poll().answer;

  jest.advanceTimersByTime(90_000);

  expect(textOf(await waiting)).toBe('');
});

it('says what there is before it says that there will be no more', async () => {
  const transport = new LongPolling();
  transport.send('bye');
  transport.end();

  expect([textOf(await transport.poll().answer), textOf(await transport.poll().answer)]).toEqual(['bye', 204]);
});

it('ends a poll that waits when another comes, and loses nothing of one whose client has gone', async () => {
  const transport = new LongPolling();
  const first = transport.poll();
  const second = transport.poll();
  expect(textOf(await first.answer)).toBe(204);

  first.abandon(); // has no say any more
  second.abandon();
  transport.send('kept');

  expect(textOf(await transport.poll().answer)).toBe('kept');
});

it('tells when too much waits', () => {
  const transport = new LongPolling();

  expect([transport.send(Buffer.alloc(16 * 1024 * 1024)), transport.send('x')]).toEqual([true, false]);
});
