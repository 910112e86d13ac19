import { HubConnectionBuilder, LogLevel } from '@microsoft/signalr';
import type { DeviceView } from '../../telemetry/view';
import type { Api } from '../core/api';
import { LIVE_TARGET } from '../core/contract';
import type { FollowPorts, LiveConnection } from '../core/follow';
import type { Identity } from './sign-in';

/** The live connection: negotiate asks the functions, which send on to SignalR. It does not reconnect: follow() does. */
async function connect(
  url: string,
  token: Identity['token'],
  told: (views: readonly DeviceView[]) => void,
): Promise<LiveConnection> {
  const connection = new HubConnectionBuilder()
    // Cookies play no part, and a host that takes them must name more in its CORS.
    .withUrl(url, { withCredentials: false, accessTokenFactory: async () => (await token('functions')) ?? '' })
    .configureLogging(LogLevel.None) // what goes wrong is shown on the page
    .build();
  connection.on(LIVE_TARGET, told);
  const closed = new Promise<void>((resolve) => connection.onclose(() => resolve()));
  await connection.start();
  return { closed, stop: () => connection.stop() };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const over = (): void => {
      clearTimeout(timer);
      removeEventListener('online', over);
      signal.removeEventListener('abort', over);
      resolve();
    };
    const timer = setTimeout(over, ms);
    addEventListener('online', over);
    signal.addEventListener('abort', over);
  });
}

export const followPorts = (api: Api, { token }: Identity): FollowPorts => ({
  connect: (site, told) => connect(api.liveUrl(site), token, told),
  pages: (site, signal) => api.pages(site, signal),
  pause,
  random: Math.random,
});
