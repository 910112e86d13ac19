import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeCertificate } from './certificates';

/** What a local allocation webhook needs, as files and settings. */
export interface WebhookFiles {
  /** Of the CA that whoever calls it must trust. */
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
  readonly port: number;
  /** With its key: a secret. */
  readonly url: string;
}

export async function makeWebhookFiles(folder: string, port: number): Promise<WebhookFiles> {
  const ca = await makeCertificate('webhook-ca', { ca: true });
  const own = await makeCertificate('localhost', { by: ca, hosts: ['localhost'] });
  const files = {
    caFile: join(folder, 'webhook-ca.pem'),
    certFile: join(folder, 'webhook.pem'),
    keyFile: join(folder, 'webhook.key'),
  };
  await writeFile(files.caFile, ca.cert);
  await writeFile(files.certFile, own.cert);
  await writeFile(files.keyFile, own.key, { mode: 0o600 });
  const code = randomBytes(24).toString('base64url');
  return { ...files, port, url: `https://localhost:${port}/api/allocate?code=${code}` };
}
