/**
 * Loaded into every Node program that `exec` runs (NODE_OPTIONS --require), before anything of the program's own.
 * Dials to the emulator's names go to its ports on this machine; every other dial is left alone. The host name that TLS
 * and HTTP send stays what the program asked for.
 */
import net from 'node:net';
import { verdictOn, type Redirect } from './redirects';

const redirects = JSON.parse(process.env.IOTHUB_EMULATOR_REDIRECTS ?? '[]') as readonly Redirect[]; // environment.ts writes it

interface Target {
  host?: string | undefined;
  port?: number | string | undefined;
}

type Connect = (this: net.Socket, ...args: unknown[]) => net.Socket;
// eslint-disable-next-line @typescript-eslint/unbound-method -- called with the socket as `this` below
const connect = net.Socket.prototype.connect as unknown as Connect;

net.Socket.prototype.connect = function (this: net.Socket, ...args: unknown[]): net.Socket {
  const { host = '', port } = targetOf(args);
  const verdict = verdictOn(redirects, host, Number(port));
  if (verdict === undefined) return connect.apply(this, args);
  if ('refusal' in verdict) {
    const error = Object.assign(new Error(verdict.refusal), { code: 'ECONNREFUSED' });
    process.nextTick(() => this.destroy(error));
    return this;
  }
  return connect.apply(this, redirected(args, { host: '127.0.0.1', port: verdict.to }));
};

/** Arguments are `options`, `port, host`, or node's own normalised array of options and callback. */
function targetOf([first, second]: readonly unknown[]): Target {
  const options: unknown = Array.isArray(first) ? first[0] : first;
  if (typeof options === 'object' && options !== null) return options;
  return { port: options as Target['port'], host: typeof second === 'string' ? second : undefined };
}

/** The same arguments with another target. Options are copied: agents share theirs between sockets. */
function redirected(args: readonly unknown[], target: Required<Target>): unknown[] {
  const [first, ...rest] = args;
  if (Array.isArray(first)) {
    first[0] = { ...(first[0] as object), ...target };
    return [first, ...rest];
  }
  if (typeof first === 'object') return [{ ...first, ...target }, ...rest];
  return [target, ...rest.slice(1)];
}
