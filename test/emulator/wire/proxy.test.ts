import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { startProxy } from '../../../emulator/wire/proxy';

let echo: Server;
let proxy: Awaited<ReturnType<typeof startProxy>>;
beforeEach(async () => {
  echo = createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1');
  await once(echo, 'listening');
  proxy = await startProxy([{ suffix: 'hub.test', port: 443, to: (echo.address() as AddressInfo).port }]);
});
afterEach(async () => {
  await proxy.close();
  echo.close();
});

/** Sends each part after the answer to the one before; the answers, until `expected` are there or the proxy ends. */
async function converse(parts: readonly (string | Buffer)[], expected = parts.length): Promise<Buffer[]> {
  const socket = connect(proxy.port, '127.0.0.1');
  const answers: Buffer[] = [];
  for (const part of parts) {
    socket.write(part);
    const answer = await answerOf(socket);
    if (answer === undefined) break;
    answers.push(answer);
  }
  while (answers.length < expected) answers.push((await answerOf(socket)) ?? Buffer.of());
  socket.destroy();
  return answers;
}

const answerOf = (socket: Socket): Promise<Buffer | undefined> =>
  new Promise((resolve) => {
    socket
      .once('data', resolve)
      .once('close', () => resolve(undefined))
      .once('error', () => resolve(undefined));
  });

const HELLO = Buffer.of(5, 1, 0);
const socksConnect = (host: string, port: number): Buffer =>
  Buffer.concat([Buffer.of(5, 1, 0, 3, host.length), Buffer.from(host), Buffer.of(port >> 8, port & 255)]);
const reply = (code: number): Buffer => Buffer.of(5, code, 0, 1, 0, 0, 0, 0, 0, 0);

it('joins a SOCKS 5 client to what serves the name', async () => {
  const answers = await converse([HELLO, socksConnect('a.hub.test', 443), 'ping']);

  expect(answers).toEqual([Buffer.of(5, 0), reply(0), Buffer.from('ping')]);
});

it('refuses by SOCKS names that are not its own, and ports that are not served', async () => {
  expect(await converse([HELLO, socksConnect('example.com', 443)])).toEqual([Buffer.of(5, 0), reply(2)]);
  expect(await converse([HELLO, socksConnect('a.hub.test', 25)])).toEqual([Buffer.of(5, 0), reply(5)]);
  const address = Buffer.of(5, 1, 0, 1, 127, 0, 0, 1, 0, 80);
  expect(await converse([HELLO, address])).toEqual([Buffer.of(5, 0), reply(2)]);
});

it('joins an HTTP client to what serves the name', async () => {
  const answers = await converse(['CONNECT a.hub.test:443 HTTP/1.1\r\nhost: a.hub.test:443\r\n\r\n', 'ping']);

  expect(answers.map(String)).toEqual(['HTTP/1.1 200 Connection established\r\n\r\n', 'ping']);
});

it.each([
  ['CONNECT example.com:443 HTTP/1.1\r\n\r\n', /^HTTP\/1\.1 403 .*not to example\.com/],
  ['CONNECT a.hub.test:25 HTTP/1.1\r\n\r\n', /^HTTP\/1\.1 502 iothub-emulator serves no port 25 of a\.hub\.test/],
  ['CONNECT nonsense HTTP/1.1\r\n\r\n', /^HTTP\/1\.1 403 /],
  ['GET http://example.com/ HTTP/1.1\r\nhost: example.com\r\n\r\n', /^HTTP\/1\.1 501 /],
])('refuses by HTTP %j', async (request, answer) => {
  expect(String((await converse([request]))[0])).toMatch(answer);
});

it.each([
  ['a client that must authenticate', [Buffer.of(5, 1, 2)], [Buffer.of(5, 0xff)]],
  ['BIND', [HELLO, Buffer.of(5, 2, 0, 1, 127, 0, 0, 1, 0, 80)], [Buffer.of(5, 0), reply(7)]],
  ['an unknown kind of address', [HELLO, Buffer.of(5, 1, 0, 9, 0, 0)], [Buffer.of(5, 0)]],
])('ends %s', async (_name, parts, answers) => {
  expect(await converse(parts, 0)).toEqual(answers);
});

it('forgets clients that leave in the middle, and goes on', async () => {
  for (const part of [Buffer.of(), Buffer.of(5), Buffer.of(5, 9, 1), Buffer.of(0, 1, 2)]) {
    const socket = connect(proxy.port, '127.0.0.1').on('error', () => undefined);
    await once(socket, 'connect');
    socket.resume().end(part);
    await once(socket, 'close');
  }

  expect(await converse([HELLO])).toEqual([Buffer.of(5, 0)]);
});
