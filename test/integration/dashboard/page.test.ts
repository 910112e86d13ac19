import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { CONTROL_ROLE, LIVE_TARGET, READ_ROLE, type RolloutAnswer } from '../../../dashboard/core/contract';
import { tallyOf } from '../../../domain/tally';
import type { DeviceView } from '../../../telemetry/view';
import { at, look, passed, wave } from '../../cli/looks';
import { launchBrowser, PATIENCE_MS } from '../../support/browser';
import { viewOf } from '../../support/device-views';
import { eventually } from '../../support/eventually';
import { type HostWorld, PageHost } from '../../support/page-host';
import {
  arm,
  broadcast,
  clientToken,
  clientUrl,
  createService,
  serverless,
  type TestService,
} from '../../support/signalr';

const EVIL = '<img src=x onerror="window.hurt=1">';
const AXE = readFileSync(require.resolve('axe-core'), 'utf8');
const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };

let folder: string;
let service: TestService;
let browser: Browser;
let host: PageHost;
const world: HostWorld = {
  devices: [],
  details: new Map(),
  rollouts: new Map(),
  me: { name: 'ada', roles: [READ_ROLE] },
  negotiate: () => ({ url: clientUrl(service), accessToken: clientToken(service) }),
  orders: [],
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dashboard-'));
  host = await PageHost.start(folder, world);
  [service, browser] = await Promise.all([
    createService(serverless({ cors: { allowedOrigins: [host.origin] } })),
    launchBrowser(),
    promisify(execFile)(process.execPath, ['scripts/build-dashboard.mjs', folder]),
  ]);
  host.configure(service.endpoint);
});
afterAll(async () => {
  await browser.close();
  await host.close();
  await rm(folder, { recursive: true, force: true });
});

const now = (): string => new Date().toISOString();
const tell = async (...views: DeviceView[]): Promise<void> =>
  expect((await broadcast(service, LIVE_TARGET, views)).status).toBe(202);

let pages: Page[] = [];
let complaints: string[];
beforeEach(() => {
  const devices = ['pump-1', 'pump-2', EVIL].map((id) => viewOf(id, { lastSeen: now() }));
  const rollouts = new Map();
  Object.assign(world, {
    devices,
    rollouts,
    details: new Map(),
    me: { name: 'ada', roles: [READ_ROLE] },
    refusal: undefined,
  });
  world.orders.length = 0;
  complaints = [];
});
afterEach(async () => {
  await Promise.all(pages.map((page) => page.context().close()));
  pages = [];
});

/** A page in a browser profile of its own, live. What the browser complains of (its policy, exceptions) is kept. */
async function open(hash = '', options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, locale: 'en-US', ...options });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  pages.push(page);
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (/Content Security Policy|TrustedHTML/.test(message.text())) complaints.push(message.text());
  });
  await page.goto(host.address);
  await page.locator('[data-live=live]').waitFor();
  if (hash !== '') await page.evaluate(`location.hash = ${JSON.stringify(hash)}`);
  return page;
}

const rowOf = (page: Page, deviceId: string) => page.locator('.body .row', { hasText: deviceId });

function rolloutOf(change: Parameters<typeof look>[0], rest: Parameters<typeof look>[1] = {}): RolloutAnswer {
  const answer = { ...look(change, rest), arbiters: [] };
  world.rollouts.set(answer.rolloutId, answer);
  return answer;
}

it('shows what is told live, and leaves no token in the address', async () => {
  const page = await open();
  expect(page.url()).not.toContain('token');

  await tell(viewOf('pump-1', { count: 11, reading: { Celsius: 63.25 }, rejected: 4, lastSeen: now() }));
  await rowOf(page, 'pump-1').getByText('63.25 Celsius').waitFor();
  await tell(viewOf('pump-3', { lastSeen: now() }));
  await rowOf(page, 'pump-3').waitFor();

  expect(await page.locator('.counts').textContent()).toBe('4 of 4 devices, 4 online, 1 with rejected messages');
  expect(complaints).toEqual([]);
});

it('says that it is not live while the server is away, then comes back and loads what it missed', async () => {
  const page = await open();

  await host.close();
  expect((await arm('POST', `${service.id}/restart`)).status).toBe(204);
  await page.locator('[data-live=away]').waitFor();
  world.devices = [viewOf('pump-1', { count: 99 }), viewOf('pump-9', { lastSeen: now() })];
  await host.listen();
  await page.locator('[data-live=live]').waitFor();

  await rowOf(page, 'pump-9').waitFor();
  await rowOf(page, 'pump-2').waitFor({ state: 'detached' });
  await tell(viewOf('pump-1', { count: 100, reading: { Celsius: -3 } }));
  await rowOf(page, 'pump-1').getByText('-3 Celsius').waitFor();
});

it('has of 10,000 devices only the rows in sight in the document, also at their end', async () => {
  world.devices = Array.from({ length: 10_000 }, (_, n) => viewOf(`pump-${n}`, { version: `1.${n % 3}.0` }));
  const page = await open();
  await page.locator('.counts[data-shown="10000"]').waitFor();
  const rows = page.locator('.body .row');
  expect(await rows.count()).toBeLessThan(60);

  await page.evaluate('document.querySelector(".grid").scrollTo(0, 1e7)');
  await rowOf(page, 'pump-9999').waitFor();
  expect(await rows.count()).toBeLessThan(60);

  await page.getByLabel('Search').fill('pump-999');
  await page.getByLabel('Version').selectOption('1.0.0');
  await page.locator('.counts[data-shown="5"]').waitFor();
  expect(page.url()).toContain('#/devices?q=pump-999&version=1.0.0');
  await page.reload();
  await page.locator('.counts[data-shown="5"]').waitFor();
});

it('shows a device named as an attack as the text that it is', async () => {
  const page = await open();
  await page.getByRole('link', { name: EVIL }).click();
  await page.getByRole('heading', { name: EVIL, level: 1 }).waitFor();
  await page.getByText('Connection: Connected').waitFor();

  expect(await page.evaluate('[window.hurt, document.querySelectorAll("img").length]')).toEqual([undefined, 0]);
  expect(complaints).toEqual([]);
});

it("plots a device's windows, then what it measures while the page is open", async () => {
  const startMs = Date.parse('2026-11-22T07:00:00Z');
  const windows = [0, 1, 2].map((n) => {
    const fields = { Celsius: { count: 2, sum: 40 + n, min: 19, max: 22 } };
    return { startMs: startMs + n * 300_000, lengthMs: 300_000, accepted: 2, rejected: 0, fields };
  });
  world.details.set('pump-1', { ...viewOf('pump-1'), windows });
  const page = await open('#/devices/west/pump-1');
  await page.locator('.chart[data-points="4"] canvas').first().waitFor(); // and the latest reading

  await tell(viewOf('pump-1', { count: 12, at: '2026-11-22T08:00:05Z', reading: { Celsius: 25 } }));

  await page.locator('.chart[data-points="5"]').waitFor();
  await page.getByText('Celsius as a table').click();
  await page.getByRole('cell', { name: '25', exact: true }).first().waitFor();
  expect(complaints).toEqual([]);
});

it('is used by keyboard alone: to a device and back, by search and arrows', async () => {
  world.devices = Array.from({ length: 200 }, (_, n) => viewOf(`pump-${n}`));
  const page = await open();
  const focused = (): Promise<string> =>
    page.evaluate('`${document.activeElement.tagName} ${document.activeElement.getAttribute("role") ?? ""}`');
  await page.locator('.counts[data-shown="200"]').waitFor();

  await page.keyboard.press('Tab');
  expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the content');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await page.keyboard.type('pump-1');
  await page.locator('.counts[data-shown="111"]').waitFor();
  for (let presses = 0; (await focused()) !== 'DIV grid' && presses < 12; presses += 1)
    await page.keyboard.press('Tab');
  expect(await focused()).toBe('DIV grid');
  await page.keyboard.press('End');
  await page.locator('.row.active', { hasText: 'pump-199' }).waitFor();
  await page.keyboard.press('ArrowUp');
  await page.locator('.row.active', { hasText: 'pump-198' }).waitFor();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'pump-198', level: 1 }).waitFor();
  await page.goBack(); // the browser's own key for it does nothing without a window
  await page.locator('.counts[data-shown="111"]').waitFor();
});

it('shows a rollout fill its waves, its verdicts with numbers, and whom it waits for; who may only look cannot steer', async () => {
  const first = wave(1, 5, {
    status: 'passed',
    tally: tallyOf({ succeeded: 5 }),
    startedAt: at('01'),
    endedAt: at('04'),
  });
  const second = {
    status: 'running',
    tally: tallyOf({ succeeded: 4, failed: 1, pending: 15 }),
    startedAt: at('05'),
  } as const;
  rolloutOf({ status: 'running', waves: [first, wave(2, 20, second)], decisions: [passed(1, '04')] });
  const page = await open('#/rollouts');
  await page.getByRole('link', { name: 'lock-doors' }).click();

  await page.getByRole('progressbar', { name: 'Wave 2' }).waitFor();
  const bar = page.getByRole('progressbar', { name: 'Wave 2' });
  expect(await bar.getAttribute('aria-valuetext')).toBe('5 of 20 done: 4 succeeded, 1 failed, 15 pending');
  await page.getByText('successTarget: succeeded 5 of 5 (100%), target 95%').first().waitFor();
  await page.getByText(`it takes the role ${CONTROL_ROLE}`).waitFor();
  expect(await page.getByRole('button', { name: 'Abort' }).count()).toBe(0);

  const waitsFor = { for: 'person', since: at('20'), whom: 'grace', why: 'failed 9 of 20' } as const;
  rolloutOf({ status: 'held', waves: [first, wave(2, 20, { ...second, status: 'held' })], waitsFor });
  await page.getByText(/Waits for a person of grace.*failed 9 of 20/).waitFor();
  expect(complaints).toEqual([]);
});

it('steers with a reason, asks an abort to be confirmed, and says what to do when it is refused', async () => {
  world.me = { name: 'ada', roles: [READ_ROLE, CONTROL_ROLE] };
  world.refusal = { status: 409, message: 'it is paused already', advice: 'Look again.' };
  rolloutOf({ status: 'running', waves: [wave(1, 5, { status: 'running' })], decisions: [passed(1, '04')] });
  const page = await open('#/rollouts/lock-doors');

  await page.getByRole('button', { name: 'Pause' }).click();
  const dialog = page.getByRole('dialog');
  const send = dialog.getByRole('button', { name: 'Pause' });
  expect(await send.isDisabled()).toBe(true);
  await dialog.getByLabel('Reason').fill('the doors stick');
  await send.click();
  await dialog.getByText('pause: it is paused already').waitFor();
  await dialog.getByText('Look again.').waitFor();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });

  world.refusal = undefined;
  await page.getByRole('button', { name: 'Abort' }).click();
  const abort = dialog.getByRole('button', { name: 'Abort' });
  await dialog.getByLabel('Reason').fill('wrong firmware');
  await dialog.getByLabel('to confirm').fill('lock-door');
  expect(await abort.isDisabled()).toBe(true);
  await dialog.getByLabel('to confirm').fill('lock-doors');
  await abort.click();
  await page.getByText('abort: accepted').waitFor();

  expect(world.orders).toEqual([
    { rolloutId: 'lock-doors', control: 'abort', order: { reason: 'wrong firmware', seen: 1 } },
  ]);
});

/** What the page consists of, and what is there once a part is whole. */
const PARTS = [
  ['#/devices', '.counts[data-shown="3"]'],
  ['#/devices/west/pump-1', '#twin ~ pre'],
  ['#/rollouts', '.rollouts li'],
  ['#/rollouts/lock-doors', '.wave'],
] as const;

async function show(page: Page, hash: string, ready: string): Promise<void> {
  await page.evaluate(`location.hash = ${JSON.stringify(hash)}`);
  await page.locator(ready).first().waitFor();
}

function populate(): void {
  world.me = { name: 'ada', roles: [READ_ROLE, CONTROL_ROLE] };
  world.details.set('pump-1', { ...viewOf('pump-1', { rejected: 2 }), windows: [] });
  world.devices = [viewOf('pump-1', { rejected: 2, lastSeen: now() }), viewOf('pump-2'), viewOf('x'.repeat(128))];
  const waves = [
    wave(1, 5, { status: 'held', tally: tallyOf({ failed: 2, running: 1, pending: 2 }), startedAt: at('01') }),
  ];
  const waitsFor = { for: 'person', since: at('20'), why: 'x'.repeat(200) } as const;
  rolloutOf({ status: 'held', waves, waitsFor, decisions: [passed(1, '04')] });
}

it.each(['light', 'dark'] as const)('has no serious finding of axe-core in the %s', async (colorScheme) => {
  populate();
  const page = await open('', { colorScheme });
  for (const [hash, ready] of PARTS) {
    await show(page, hash, ready);
    await page.evaluate(AXE);
    const { violations } = await page.evaluate<{
      readonly violations: readonly {
        readonly id: string;
        readonly impact: string;
        readonly nodes: readonly { html: string }[];
      }[];
    }>('axe.run()');
    const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
    expect([hash, grave.map(({ id, nodes }) => [id, nodes[0]?.html])]).toEqual([hash, []]);
  }
});

it('needs no sideways scrolling on a phone', async () => {
  populate();
  const page = await open('', PHONE);
  for (const [hash, ready] of PARTS) {
    await show(page, hash, ready);
    await eventually(async () =>
      expect([hash, await page.evaluate('document.documentElement.scrollWidth')]).toEqual([hash, 360]),
    );
  }
});
