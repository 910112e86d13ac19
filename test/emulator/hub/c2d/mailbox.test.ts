import { Mailboxes } from '../../../../emulator/hub/c2d/mailboxes';
import type { CloudMessage, FeedbackRecord } from '../../../../emulator/hub/c2d/message';
import type { Mailbox } from '../../../../emulator/hub/c2d/mailbox';
import { newWorld, type World } from '../../../../emulator/world/world';
import { FakeClock } from '../../world/fake-clock';

const SETTINGS = { ttlMs: 3_600_000, lockDurationMs: 60_000, maxDeliveryCount: 2 };
const ADDRESSEE = { deviceId: 'd1', generationId: 'g1' };
let clock: FakeClock;
let world: World;
let feedback: FeedbackRecord[];
let mailbox: Mailbox;

const mailboxes = (): Mailboxes =>
  new Mailboxes(
    world,
    'hubs/h',
    () => SETTINGS,
    (record) => feedback.push(record),
  );
beforeEach(() => {
  clock = new FakeClock();
  world = newWorld({ clock });
  feedback = [];
  mailbox = mailboxes().of(ADDRESSEE);
});

const message = (messageId: string, more: Partial<CloudMessage> = {}): CloudMessage => ({
  messageId,
  to: '/devices/d1/messages/devicebound',
  ack: 'full',
  properties: {},
  body: Buffer.from(messageId),
  ...more,
});
const outcomes = (): string[] => feedback.map((each) => `${each.originalMessageId}:${each.statusCode}`);
const take = (box = mailbox): [id: string, token: string, deliveries: number] => {
  const locked = box.receive();
  return [locked?.message.messageId ?? '-', locked?.token ?? '', locked?.deliveryCount ?? 0];
};

it('hands out messages in order, each to one receiver, until they are completed', () => {
  for (const id of ['a', 'b']) mailbox.enqueue(message(id));

  const [first, token] = take();
  expect([first, take()[0], take()[0]]).toEqual(['a', 'b', '-']);
  expect(mailbox.size).toBe(2);
  mailbox.complete(token);

  expect(mailbox.size).toBe(1);
  expect(feedback).toEqual([
    {
      originalMessageId: 'a',
      deviceId: 'd1',
      deviceGenerationId: 'g1',
      statusCode: 'Success',
      enqueuedTimeUtc: '2026-01-01T00:00:00.000Z',
      description: 'Success',
    },
  ]);
  expect(() => mailbox.complete(token)).toThrow(expect.objectContaining({ code: 412002 }) as Error);
});

it('takes an abandoned message back to its place, and buries it when it was delivered too often', async () => {
  for (const id of ['a', 'b']) mailbox.enqueue(message(id));
  const announced = jest.fn();
  mailbox.onMessage(announced);

  mailbox.abandon(take()[1]);
  expect(announced).toHaveBeenCalled();
  expect(take().slice(0, 1).concat(take()[0])).toEqual(['a', 'b']);
  await clock.advance(SETTINGS.lockDurationMs);

  expect(outcomes()).toEqual(['a:DeliveryCountExceeded']);
  expect(take()[0]).toBe('b');
});

it('gives a message back when the lock runs out, and takes no late completion', async () => {
  mailbox.enqueue(message('a'));
  const [, token] = take();

  await clock.advance(SETTINGS.lockDurationMs - 1);
  expect(take()[0]).toBe('-');
  await clock.advance(1);

  expect(take()).toMatchObject(['a', expect.any(String), 2]);
  expect(() => mailbox.complete(token)).toThrow('lock');
});

it('lets messages expire by their own time or the hub’s, those under a lock when it ends', async () => {
  mailbox.enqueue(message('own', { expiresAt: clock.now() + 1000 }));
  mailbox.enqueue(message('locked', { expiresAt: clock.now() + 2000 }));
  mailbox.enqueue(message('hub'));
  await clock.advance(1500);
  expect(outcomes()).toEqual(['own:Expired']);
  const [id, token] = take();
  expect(id).toBe('locked');

  await clock.advance(1000);
  expect(outcomes()).toEqual(['own:Expired']);
  mailbox.abandon(token);
  await clock.advance(SETTINGS.ttlMs);

  expect(outcomes()).toEqual(['own:Expired', 'locked:Expired', 'hub:Expired']);
  expect(mailbox.size).toBe(0);
});

it('holds 50 messages of 64 KB', () => {
  expect(() => mailbox.enqueue(message('big', { body: Buffer.alloc(65_537) }))).toThrow('65536');
  for (let i = 0; i < 50; i++) mailbox.enqueue(message(String(i)));

  expect(() => mailbox.enqueue(message('51'))).toThrow(expect.objectContaining({ code: 403004 }) as Error);
});

it.each<[CloudMessage['ack'], string[]]>([
  ['none', []],
  ['positive', ['done:Success']],
  ['negative', ['rejected:Rejected', 'purged:Purged']],
  ['full', ['done:Success', 'rejected:Rejected', 'purged:Purged']],
])('reports what ack %s asks for', (ack, wanted) => {
  for (const id of ['done', 'rejected', 'purged']) mailbox.enqueue(message(id, { ack }));

  mailbox.complete(take()[1]);
  mailbox.reject(take()[1]);
  expect(mailbox.purge()).toBe(1);

  expect(outcomes()).toEqual(wanted);
});

it('is what it was after a restart, but for locks', async () => {
  for (const id of ['a', 'b', 'c']) mailbox.enqueue(message(id));
  mailbox.complete(take()[1]);
  take();

  const next = mailboxes();
  const again = next.of(ADDRESSEE);

  const [first, second, third] = [take(again), take(again), take(again)];
  expect([first[0], first[2]]).toEqual(['b', 2]);
  expect([second[0], second[2]]).toEqual(['c', 1]);
  expect(third[0]).toBe('-');
  next.delete(ADDRESSEE);
  expect([...world.store.collection('hubs/h/messages').entries()]).toEqual([]);
  await clock.advance(SETTINGS.ttlMs);
  expect(feedback).toHaveLength(1 + 2); // the first box is still there, and its messages expire
});
