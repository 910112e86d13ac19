import { randomBytes } from 'node:crypto';
import { main } from '../../../cli/main';
import { eventually } from '../../support/eventually';
import { collectingIo } from '../collecting-io';

const GROUNDSWELL_CODEC_KEYS = `2026:${randomBytes(32).toString('base64')}`;
const run = async (env: Record<string, string>, ...argv: string[]) => {
  const io = collectingIo({ env });
  return { code: await main(['codec-server', ...argv], io), err: io.err() };
};

it('does nothing without keys', async () => {
  await expect(run({})).resolves.toMatchObject({ code: 2, err: expect.stringContaining('no keys') as string });
});

it.each([[{ GROUNDSWELL_CODEC_KEYS }], [{ GROUNDSWELL_CODEC_KEYS, GROUNDSWELL_CODEC_TOKEN: 'token' }]])(
  'does not leave this machine without a token and a certificate: %#',
  async (env) => {
    await expect(run(env, '--host', '0.0.0.0')).resolves.toMatchObject({
      code: 2,
      err: expect.stringContaining('token and a certificate') as string,
    });
  },
);

it.each(['https://host/path', 'host', 'https://host/'])(
  'refuses %s, which no browser calls an origin',
  async (origin) => {
    await expect(run({ GROUNDSWELL_CODEC_KEYS }, '--origin', origin)).resolves.toMatchObject({ code: 2 });
  },
);

it('serves on loopback until it is interrupted', async () => {
  const io = collectingIo({ env: { GROUNDSWELL_CODEC_KEYS } });
  const code = main(['codec-server', '--port', '0'], io);
  await eventually(() => expect(io.out()).toMatch(/codec server at http:\/\/127\.0\.0\.1:\d+/));

  io.interrupt();

  await expect(code).resolves.toBe(0);
});
