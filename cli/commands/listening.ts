import { InvalidArgumentError } from 'commander';
import { readFileSync } from 'node:fs';
import { CliError, EXIT } from '../output';

/** Addresses that nobody reaches from outside. */
export const LOOPBACK = /^(localhost|127(\.\d+){3}|::1)$/;

/** Reads a port; 0 for a free one. */
export function portArgument(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new InvalidArgumentError('A port is a whole number from 0 to 65535.');
}

/** Reads one more origin of a web page. */
export function originArgument(text: string, before: readonly string[]): readonly string[] {
  if (URL.canParse(text) && new URL(text).origin === text) return [...before, text];
  throw new InvalidArgumentError(
    'An origin is a scheme, a host and perhaps a port, such as https://temporal.example.com.',
  );
}

function fileOf(path: string, option: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CliError(EXIT.usage, `${option} cannot be read: ${reason}`, undefined, { cause });
  }
}

export interface TlsFiles {
  readonly cert?: string;
  readonly key?: string;
}

/** PEM. */
export interface Tls {
  readonly cert: string;
  readonly key: string;
}

/** @throws CliError when one of the two is missing, or cannot be read */
export function tlsOf({ cert, key }: TlsFiles): Tls | undefined {
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined || key === undefined) throw new CliError(EXIT.usage, '--cert and --key go together');
  return { cert: fileOf(cert, '--cert'), key: fileOf(key, '--key') };
}

/** Where a host listens, as an address. */
export const urlText = ({
  host,
  port,
  tls,
}: {
  readonly host: string;
  readonly port: number;
  readonly tls?: Tls | undefined;
}): string => `${tls === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${port}`;
