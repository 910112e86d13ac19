#!/usr/bin/env node
import { readFile } from 'node:fs/promises';
import { DefaultAzureCredential } from '@azure/identity';
import { Command, InvalidArgumentError } from 'commander';
import { hostSettingsOf } from './host-settings';
import { logLine, messageOfError, outputsFrom, untilStopped } from './outputs';
import { servedBy } from './served';
import { serveFunctions } from './server';

interface Options {
  readonly outputs: string;
  readonly listen: { readonly host: string; readonly port: number };
  readonly cert: string;
  readonly key: string;
  readonly tokenFile?: string;
  readonly origin: readonly string[];
}

function addressOf(value: string): Options['listen'] {
  const [, host = '', port = ''] = /^([^\s:]+):(\d{1,5})$/.exec(value) ?? [];
  if (host === '' || Number(port) > 65_535)
    throw new InvalidArgumentError('Allowed: HOST:PORT with a port up to 65535, such as 127.0.0.1:8443.');
  return { host, port: Number(port) };
}

/** As browsers send it: scheme, host and port, nothing behind. */
function originOf(value: string, before: readonly string[]): readonly string[] {
  const exact = URL.canParse(value) && new URL(value).origin === value;
  if (!exact) throw new InvalidArgumentError('Allowed: an origin such as http://127.0.0.1:8080, without a path.');
  return [...before, value];
}

async function run({ outputs, listen, cert, key, tokenFile, origin: origins }: Options): Promise<void> {
  const stopped = untilStopped();
  const settings = hostSettingsOf(await outputsFrom(outputs));
  const localToken = tokenFile === undefined ? undefined : (await readFile(tokenFile, 'utf8')).trim();
  const start = localToken === undefined ? {} : { localToken };
  const functions = servedBy(settings, start, new DefaultAzureCredential());
  const host = await serveFunctions({
    ...listen,
    tls: { cert: await readFile(cert, 'utf8'), key: await readFile(key, 'utf8') },
    functions,
    origins: [...(settings.telemetry?.origins ?? []), ...origins],
    log: (level, entry) => logLine({ level, ...entry }),
  });
  const names = functions.map(({ http }) => http.name).join(', ');
  process.stdout.write(`ready: serves ${names} on ${listen.host}:${host.port}\n`);
  await stopped;
  await host.close();
}

void new Command('groundswell-functions')
  .description('Serves the functions of a stack over https, as its function apps do in Azure.')
  .requiredOption('--outputs <file>', 'stack outputs with secrets; - for stdin')
  .requiredOption('--listen <host:port>', 'where to listen; port 0 for a free one', addressOf)
  .requiredOption('--cert <file>', 'certificate chain, PEM')
  .requiredOption('--key <file>', 'its private key, PEM')
  .option('--token-file <file>', 'of whoever uses the page on this machine, in the place of tokens of Entra ID')
  .option('--origin <origin>', 'of another page that may call telemetry; repeatable', originOf, [])
  .action(run)
  .parseAsync()
  .catch((error: unknown) => {
    process.stderr.write(`functions: ${messageOfError(error)}\n`);
    process.exitCode = 1;
  });
