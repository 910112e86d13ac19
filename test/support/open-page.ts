import type { Browser, Page } from 'playwright-core';
import { launchBrowser, PATIENCE_MS } from './browser';

/** A page in a browser of its own. */
export interface OpenPage {
  readonly page: Page;
  /** What the browser complained of: its policy, exceptions. */
  readonly complaints: readonly string[];
  close(): Promise<void>;
}

/**
 * Opens an address in a real Chromium, which knows nothing of the local Azure.
 *
 * @param onFrame gets each text that the browser receives over a web socket
 */
export async function openPage(address: string, onFrame?: (text: string) => void): Promise<OpenPage> {
  const browser: Browser = await launchBrowser();
  const context = await browser.newContext({ locale: 'en-US' });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (/Content Security Policy|TrustedHTML/.test(message.text())) complaints.push(message.text());
  });
  if (onFrame !== undefined)
    page.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => onFrame(payload.toString())));
  await page.goto(address);
  return { page, complaints, close: () => browser.close() };
}
