import { InvalidArgumentError } from 'commander';

/** Where a server of this process listens. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/**
 * Reads `HOST:PORT`.
 *
 * @throws InvalidArgumentError when it is no such thing
 * @example addressOf('127.0.0.1:8081') // => { host: '127.0.0.1', port: 8081 }
 */
export function addressOf(text: string): Address {
  const [, bracketed, plain, digits] = /^(?:\[([\da-fA-F:.]+)\]|([^\s:[\]/]+)):(\d{1,5})$/.exec(text) ?? [];
  const [host, port] = [bracketed ?? plain, Number(digits)];
  if (host === undefined || port > 65_535)
    throw new InvalidArgumentError('Allowed: HOST:PORT with a port up to 65535, such as 127.0.0.1:8081 or [::1]:8081.');
  return { host, port };
}

/** As a URL, or an option of the SDK, has it. */
export const addressText = ({ host, port }: Address): string => `${host.includes(':') ? `[${host}]` : host}:${port}`;
