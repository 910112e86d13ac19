#!/usr/bin/env node
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { DefaultAzureCredential } from '@azure/identity';
import { Command, InvalidArgumentError } from 'commander';
import { readStackOutputs } from '../../spec/stack-outputs';
import { type AllocationEntry, createAllocation, STORE_WITHIN_MS } from '../allocation/allocate';
import { createBlobStore } from '../allocation/blob-store';
import { hostSettingsOf } from './host-settings';
import { serveAllocation } from './server';

interface Options {
  readonly outputs: string;
  readonly listen: { readonly host: string; readonly port: number };
  readonly cert: string;
  readonly key: string;
}

function addressOf(value: string): Options['listen'] {
  const [, host = '', port = ''] = /^([^\s:]+):(\d{1,5})$/.exec(value) ?? [];
  if (host === '' || Number(port) > 65_535)
    throw new InvalidArgumentError('Allowed: HOST:PORT with a port up to 65535, such as 127.0.0.1:8443.');
  return { host, port: Number(port) };
}

const logEntry = (entry: AllocationEntry): void =>
  void process.stderr.write(`${JSON.stringify({ at: new Date().toISOString(), ...entry })}\n`);

async function run({ outputs: source, listen, cert, key }: Options): Promise<void> {
  const stopped = new Promise<void>((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => resolve());
  });
  const outputs = source === '-' ? await text(process.stdin) : await readFile(source, 'utf8');
  const { containerUrl, service, rules, functionKey } = hostSettingsOf(readStackOutputs(outputs));
  const store = createBlobStore(containerUrl, new DefaultAzureCredential());
  const host = await serveAllocation({
    ...listen,
    tls: { cert: await readFile(cert, 'utf8'), key: await readFile(key, 'utf8') },
    key: functionKey,
    allocate: createAllocation({ service, rules, store, withinMs: STORE_WITHIN_MS, log: logEntry }),
  });
  process.stdout.write(`ready: serves the allocation webhook on ${listen.host}:${host.port}\n`);
  await stopped;
  await host.close();
}

void new Command('groundswell-allocation')
  .description('Serves the allocation webhook of a stack over https, as its Azure Function does in Azure.')
  .requiredOption('--outputs <file>', 'stack outputs with secrets; - for stdin')
  .requiredOption('--listen <host:port>', 'where to listen; port 0 for a free one', addressOf)
  .requiredOption('--cert <file>', 'certificate chain, PEM')
  .requiredOption('--key <file>', 'its private key, PEM')
  .action(run)
  .parseAsync()
  .catch((error: unknown) => {
    process.stderr.write(`allocation: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });
