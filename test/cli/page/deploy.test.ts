import { createHash } from 'node:crypto';
import { deployPlan, type KnownBlob } from '../../../cli/page/deploy';
import { pageConfigOf } from '../../../cli/page/deployment';
import { configOf } from '../../../dashboard/core/config';
import type { SiteFile } from '../../../dashboard/site';

const file = (path: string, text = path): SiteFile => ({
  path,
  contentType: 'text/javascript; charset=utf-8',
  cacheControl: 'no-cache',
  body: Buffer.from(text),
});

const blob = (name: string, text = name, properties: Partial<KnownBlob['properties']> = {}): KnownBlob => ({
  name,
  properties: {
    contentMD5: createHash('md5').update(text).digest(),
    contentType: 'text/javascript; charset=utf-8',
    cacheControl: 'no-cache',
    ...properties,
  },
});

const plan = (files: SiteFile[], blobs: KnownBlob[]) => {
  const { upload, remove } = deployPlan(files, blobs);
  return { upload: upload.map(({ path }) => path), remove };
};

it('writes what others name first, and index.html last', () => {
  expect(plan([file('index.html'), file('config.json'), file('page-ABCDEFGH.js')], [])).toEqual({
    upload: ['page-ABCDEFGH.js', 'config.json', 'index.html'],
    remove: [],
  });
});

it('leaves alone what is as it must be', () => {
  expect(plan([file('index.html')], [blob('index.html')])).toEqual({ upload: [], remove: [] });
});

it.each([
  ['another content', blob('index.html', 'old')],
  ['another type', blob('index.html', 'index.html', { contentType: 'application/octet-stream' })],
  ['another time in caches', blob('index.html', 'index.html', { cacheControl: 'max-age=1' })],
  ['no checksum', blob('index.html', 'index.html', { contentMD5: undefined })],
])('writes again what has %s', (_what, known) => {
  expect(plan([file('index.html')], [known]).upload).toEqual(['index.html']);
});

it('removes files of earlier builds, and nothing that the build does not make', () => {
  const old = ['page-OLDOLD12.js', 'page-OLDOLD12.css', 'chunk-OLDOLD12.js.LEGAL.txt'];
  const others = ['robots.txt', 'logo-large.js', 'sub/page-OLDOLD12.js', 'page-ABCDEFGH.js'];

  expect(
    plan(
      [file('page-ABCDEFGH.js')],
      [...old, ...others].map((name) => blob(name)),
    ),
  ).toEqual({
    upload: [],
    remove: old,
  });
});

const TELEMETRY = {
  functionsUrl: 'https://f.azurewebsites.net',
  signalrHost: 's.service.signalr.net',
  signIn: { authority: 'https://login.microsoftonline.com/t', audience: '0000-app' },
} as Parameters<typeof pageConfigOf>[0];

it('makes a configuration that the page takes, of the outputs and little else', () => {
  const config = configOf(pageConfigOf(TELEMETRY, { clientId: 'page-app' }));

  expect(config).toMatchObject({
    functionsUrl: 'https://f.azurewebsites.net',
    liveUrl: 'https://s.service.signalr.net',
    signIn: {
      clientId: 'page-app',
      authority: 'https://login.microsoftonline.com/t',
      scopes: { functions: 'api://0000-app/.default' },
    },
  });
  expect(config).not.toHaveProperty('rolloutsUrl');
});

it('takes what is given in place of what follows', () => {
  const config = configOf(
    pageConfigOf(TELEMETRY, {
      clientId: 'page-app',
      functionsScope: 'api://0000-app/look',
      rolloutsUrl: 'https://r.test',
      rolloutsScope: 'api://r/.default',
      onlineWithinSeconds: 60,
    }),
  );

  expect(config).toMatchObject({
    rolloutsUrl: 'https://r.test',
    onlineWithinSeconds: 60,
    signIn: { scopes: { functions: 'api://0000-app/look', rollouts: 'api://r/.default' } },
  });
});

it('deploys no page that nobody could sign in to', () => {
  const { signIn, ...closed } = TELEMETRY;
  expect(signIn).toBeDefined();
  expect(() => pageConfigOf(closed as typeof TELEMETRY, { clientId: 'a' })).toThrow(
    /function key, which a page must not/,
  );
  expect(() => pageConfigOf(TELEMETRY, { clientId: 'a', rolloutsUrl: 'https://r.test' })).toThrow(
    /no scope says for what/,
  );
});
