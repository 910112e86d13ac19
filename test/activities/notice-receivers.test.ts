import { once } from 'node:events';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Notice, NoticeResult } from '../../activities/contracts';
import { createNoticeActivities } from '../../activities/notices';
import type { RolloutId } from '../../domain/ids';
import { activityContext } from '../support/activity';
import { makeCertificate } from '../support/certificates';

/** Receivers that misbehave, on real sockets. None of them ever lets a call end by itself, so that only the time-out can. */
const notice: Notice = {
  kind: 'ended',
  at: '2026-11-21T10:00:00.000Z',
  rolloutId: 'lock-doors' as RolloutId,
  name: 'lock-doors',
  status: 'completed',
  reason: 'completed',
};

let server: Server | undefined;
const sockets = new Set<Socket>();
const timers = new Set<NodeJS.Timeout>();
afterEach(async () => {
  for (const timer of timers) clearInterval(timer);
  for (const socket of sockets) socket.destroy();
  server?.close();
  if (server?.listening === true) await once(server, 'close');
});

async function listening(made: Server): Promise<number> {
  server = made;
  made.on('connection', (socket: Socket) => sockets.add(socket.on('error', () => undefined)));
  made.listen(0, '127.0.0.1');
  await once(made, 'listening');
  return (made.address() as AddressInfo).port;
}

/** Sends one notice, three tries at the most. @returns what became of it, and how often it said that it lives */
async function sent(url: string, timeoutMs: number): Promise<NoticeResult & { readonly beats: number }> {
  const { notify } = createNoticeActivities({}, { timeoutMs, restsMs: [30, 50], beatMs: 10 });
  const context = activityContext();
  let beats = 0;
  context.on('heartbeat', () => (beats += 1));
  const rule = { url, format: 'json', on: ['ended'] } as const;
  const result = await context.run<Parameters<typeof notify>, NoticeResult, typeof notify>(notify, {
    rule,
    notice,
    id: 'a-1',
  });
  return { ...result, beats };
}

/** Writes the start of an answer and then, for ever, a byte every few milliseconds. */
const trickling = (head: string) => (socket: Socket) =>
  socket.once('data', () => {
    socket.write(head);
    timers.add(setInterval(() => socket.write(' '), 5));
  });

const OK = 'HTTP/1.1 200 OK\r\n';
it.each([
  ['takes the connection and never answers', () => undefined],
  ['sends its headers byte by byte', trickling(`${OK}X-Slow:`)],
  ['sends its body byte by byte', trickling(`${OK}Content-Length: 100000\r\n\r\n`)],
])('gives up a receiver that %s, after its time-out each time', async (_name, answer) => {
  const port = await listening(createServer(answer));

  const result = await sent(`http://127.0.0.1:${port}`, 100);

  expect(result).toMatchObject({ kind: 'givenUp', tries: 3, why: 'no answer within 100 ms' });
});

it('says that it lives all through its rests, which are longer than the server would wait', async () => {
  const port = await listening(createServer((socket) => socket.destroy()));

  await expect(sent(`http://127.0.0.1:${port}`, 10_000)).resolves.toMatchObject({ tries: 3, beats: 8 });
});

it('never goes where it is redirected', async () => {
  let calls = 0;
  const port = await listening(
    createServer((socket) =>
      socket.once('data', () => {
        calls += 1;
        socket.end(`HTTP/1.1 307 Temporary Redirect\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n`);
      }),
    ),
  );

  await expect(sent(`http://127.0.0.1:${port}`, 10_000)).resolves.toMatchObject({ kind: 'givenUp', tries: 1 });
  expect(calls).toBe(1);
});

it.each([
  ['nobody vouches for', { commonName: 'localhost', days: 30 }, /DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_VERIFY/],
  ['has run out', { commonName: 'localhost', days: -1 }, /CERT_HAS_EXPIRED|DEPTH_ZERO_SELF_SIGNED_CERT/],
])('sends nothing to a receiver whose certificate %s', async (_name, { commonName, days }, why) => {
  const { cert, key } = await makeCertificate(commonName, { days });
  let calls = 0;
  const port = await listening(createTlsServer({ cert, key }, () => (calls += 1)));

  const result = await sent(`https://localhost:${port}`, 10_000);

  expect(result).toMatchObject({ kind: 'givenUp', tries: 3, why: expect.stringMatching(why) as string });
  expect(calls).toBe(0);
});
