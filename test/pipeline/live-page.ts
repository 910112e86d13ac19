import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ChildProcess } from 'node:child_process';
import type { Locator } from 'playwright-core';
import { LIVE_TARGET } from '../../dashboard/core/contract';
import { hashOf, type Route } from '../../dashboard/core/route';
import type { DeviceView } from '../../telemetry/view';
import type { KillableStack } from '../support/killable-stack';
import { end, launch } from '../support/launch';
import { type OpenPage, openPage } from '../support/open-page';

const ROOT = process.cwd();
/** Of SignalR's protocol in JSON: a frame has one message or several (SignalR hub protocol, "JSON encoding"). */
const RECORD_SEPARATOR = '\x1e';

interface LiveMessage {
  readonly target?: string;
  readonly arguments?: readonly (readonly Partial<DeviceView>[])[];
}

const messagesOf = (frame: string): LiveMessage[] =>
  frame
    .split(RECORD_SEPARATOR)
    .filter((text) => text.startsWith('{'))
    .map((text) => JSON.parse(text) as LiveMessage);

/** The page of a stack in a real Chromium, with the functions that it asks: both as `groundswell dev` runs them. */
export class LivePage {
  /** Of each reading that the browser was told: ms since its device has sent it, where it says when that was. */
  readonly delays: number[] = [];
  readonly #running: ChildProcess[] = [];
  #open: OpenPage | undefined;

  private constructor(private readonly stack: KillableStack) {}

  static async open(stack: KillableStack): Promise<LivePage> {
    const page = new LivePage(stack);
    try {
      await page.#start();
      return page;
    } catch (error) {
      await page.close();
      throw error;
    }
  }

  /** What the browser complained of. */
  get complaints(): readonly string[] {
    return this.#open?.complaints ?? [];
  }

  /** Goes to a part of the page, without loading it anew. */
  async go(route: Exclude<Route, { kind: 'unknown' }>): Promise<void> {
    await this.#opened.page.evaluate(`location.hash = ${JSON.stringify(hashOf(route))}`);
  }

  find(selector: string, hasText?: string | RegExp): Locator {
    return this.#opened.page.locator(selector, hasText === undefined ? {} : { hasText });
  }

  /** Waits until the page shows it. @returns what is wrong, in words */
  async lacks(what: string, locator: Locator): Promise<string[]> {
    try {
      await locator.first().waitFor();
      return [];
    } catch {
      return [`the page never shows ${what}: it has ${await this.#opened.page.locator('main').innerText()}`];
    }
  }

  async close(): Promise<void> {
    await this.#open?.close();
    await Promise.all(this.#running.splice(0).map((child) => end(child)));
  }

  get #opened(): OpenPage {
    if (this.#open === undefined) throw new Error('the page is not open');
    return this.#open;
  }

  async #start(): Promise<void> {
    const { emulatorState, folder, functionsPort, outputsFile } = this.stack;
    const token = randomBytes(32).toString('base64url');
    const tokenFile = join(folder, 'page-token');
    await writeFile(tokenFile, token, { mode: 0o600 });
    const shared = ['--outputs', outputsFile, '--token-file', tokenFile];
    const tls = (file: string): string => join(emulatorState, 'tls', file);
    const certificate = ['--cert', tls('server.pem'), '--key', tls('server-key.pem')];
    await this.#launch('functions', [
      ...[join(ROOT, 'dist/functions/local/main.js'), ...shared, ...certificate],
      ...['--listen', `127.0.0.1:${functionsPort}`],
    ]);
    const ready = await this.#launch('page', [
      ...[join(ROOT, 'dist/cli/main.js'), 'page', 'local', ...shared, '--port', '0'],
    ]);
    const address = /http:\/\/[\d.:]+/.exec(ready)?.[0] ?? '';
    this.#open = await openPage(`${address}/#token=${token}`, (frame) => this.#told(frame));
    await this.find('[data-live=live]').waitFor();
  }

  #launch(name: string, args: readonly string[]): Promise<string> {
    const { child, ready } = launch({ name, args, env: this.stack.env, logFile: this.stack.logFile(name) });
    this.#running.push(child);
    return ready;
  }

  #told(frame: string): void {
    const now = Date.now();
    for (const { target, arguments: [views = []] = [] } of messagesOf(frame)) {
      if (target !== LIVE_TARGET) continue;
      for (const { reading } of views) if (reading?.['SentAt'] !== undefined) this.delays.push(now - reading['SentAt']);
    }
  }
}
