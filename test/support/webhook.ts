import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type AllocationEntry, STORE_WITHIN_MS } from '../../functions/allocation/allocate';
import { allocationFunction } from '../../functions/allocation/function';
import { allocationRules } from '../../functions/allocation/rules';
import type { AssignmentStore } from '../../functions/allocation/store';
import { keyGuard } from '../../functions/guard';
import { serveFunctions } from '../../functions/local/server';

/** The product's own allocation webhook, on a free port, with the certificate of the local Azure. */
export interface TestWebhook {
  /** With its key, as an enrollment has it. */
  readonly url: string;
  /** What it was asked and has answered. */
  readonly entries: readonly AllocationEntry[];
  close(): Promise<void>;
}

export interface WebhookOptions {
  /** Name of the provisioning service. */
  readonly service: string;
  readonly store: AssignmentStore;
  /** Weights of hubs that take new devices, by host name. */
  readonly newDevices: Readonly<Record<string, number>>;
}

/** Starts one for a provisioning service of the emulator that this test runs in (`iothub-emulator exec`). */
export async function startWebhook({ service, store, newDevices }: WebhookOptions): Promise<TestWebhook> {
  const folder = join(process.env['IOTHUB_EMULATOR_STATE'] ?? '', 'tls');
  const pem = (file: string): Promise<string> => readFile(join(folder, file), 'utf8');
  const key = randomBytes(32).toString('base64');
  const entries: AllocationEntry[] = [];
  const rules = allocationRules.parse({ default: { newDevices } });
  const { port, close } = await serveFunctions({
    host: '127.0.0.1',
    port: 0,
    tls: { cert: await pem('server.pem'), key: await pem('server-key.pem') },
    functions: [
      { http: allocationFunction({ service, rules, store, withinMs: STORE_WITHIN_MS }), guard: keyGuard(key) },
    ],
    origins: [],
    log: (_, entry) => void entries.push(entry as AllocationEntry),
  });
  return { url: `https://127.0.0.1:${port}/api/allocate?code=${encodeURIComponent(key)}`, entries, close };
}
