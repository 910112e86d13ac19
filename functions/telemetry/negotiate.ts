import { z } from 'zod';
import { failure, type HttpFunction } from '../http';
import { ALL, siteGroup, userOf } from './groups';
import { paramsOf, siteName } from './params';
import type { SignalR } from './signalr';

/** The client adds its own two; they are for the service, which it asks next. */
const params = paramsOf({
  site: siteName,
  negotiateVersion: z.unknown().optional(),
  useStatefulReconnect: z.unknown().optional(),
});

/**
 * `POST negotiate?site=` answers where to connect and with which token, as `@microsoft/signalr` asks for it. The client then gets
 * the states of the devices of that site, or of all. Whoever may look at devices may look at all of them: a site is a choice,
 * not a border.
 */
export const negotiate = (signalr: SignalR): HttpFunction => ({
  name: 'negotiate',
  method: 'POST',
  access: 'caller',
  async run({ query }, log) {
    const asked = params(query);
    if (asked.kind === 'wrong') return asked.reply;
    const { site } = asked.value;
    const group = site === undefined ? ALL : siteGroup(site);
    const user = userOf(group);
    try {
      await signalr.addUserToGroup(user, group);
      const accessToken = await signalr.clientToken(user);
      return { status: 200, body: { url: signalr.clientUrl, accessToken } };
    } catch (error) {
      log('warn', { what: 'negotiate', error: String(error) });
      return failure('AWAY', 'the SignalR Service does not answer', 'The page tries again.');
    }
  },
});
