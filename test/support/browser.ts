import { execFileSync } from 'node:child_process';
import { type Browser, chromium as playwright } from 'playwright-core';

/** For whatever a test waits for: as long as `eventually`, since a machine may be slow. */
export const PATIENCE_MS = 120_000;

interface Redirect {
  readonly suffix: string;
  readonly port: number;
  readonly to: number;
}

/** The emulator's names as the browser dials them; emulator/exec does the same for programs of other kinds. */
function resolverRules(): string {
  const redirects = JSON.parse(process.env['IOTHUB_EMULATOR_REDIRECTS'] ?? '[]') as readonly Redirect[];
  return redirects.map(({ suffix, port, to }) => `MAP *.${suffix}:${port} 127.0.0.1:${to}`).join(', ');
}

/** Chromium is linked to NSS, which a bare image lacks; the package brings it for AWS Lambda, where it is told to. */
function lacksNss(): boolean {
  try {
    return !execFileSync('/sbin/ldconfig', ['-p'], { encoding: 'utf8' }).includes('libnss3.so');
  } catch {
    return true;
  }
}

/**
 * A real Chromium, which knows the emulator's names. The caller closes it. Its sandbox is off, since tests may run as
 * root; all else that a browser guards is on: the arguments that the package suggests turn the same-origin policy off.
 */
export async function launchBrowser(): Promise<Browser> {
  if (lacksNss()) process.env['AWS_EXECUTION_ENV'] ??= 'AWS_Lambda_nodejs20.x';
  const { default: chromium } = await import('@sparticuz/chromium');
  return playwright.launch({
    executablePath: await chromium.executablePath(),
    args: ['--no-sandbox', '--disable-gpu', '--no-proxy-server', `--host-resolver-rules=${resolverRules()}`],
    env: process.env, // jest has its own copy
    timeout: PATIENCE_MS,
  });
}
