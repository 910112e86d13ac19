import { z } from 'zod';
import { record } from '../../spec/fields';
import { failure, type HttpFunction } from '../http';
import { checked } from './params';
import type { SignalR } from './signalr';

/** What the REST API of SignalR takes (azure-signalr, REST API reference, "Limitation"). */
const LARGEST = 1_000_000;
const TARGET = 'the name of a method of the page, 1 to 128 characters';
const GROUP = 'the name of a group, 1 to 1024 characters, such as site:north or all';

const message = record({
  target: z.string({ error: TARGET }).min(1, { error: TARGET }).max(128, { error: TARGET }),
  arguments: z.array(z.unknown(), { error: 'a list' }),
  group: z.string({ error: GROUP }).regex(/\S/, { error: GROUP }).max(1_024, { error: GROUP }).optional(),
});

/** `POST sendsignalrmessage { target, arguments, group? }`: sends to the pages of a group, or to all; 202 when it is on its way. */
export const sendMessage = (signalr: Pick<SignalR, 'send'>): HttpFunction => ({
  name: 'sendsignalrmessage',
  method: 'POST',
  access: 'key',
  largestBody: LARGEST,
  async run(request, log) {
    const asked = checked(message, await request.json().catch(() => undefined));
    if (asked.kind === 'wrong') return asked.reply;
    const { group, ...invocation } = asked.value;
    try {
      await signalr.send(JSON.stringify(invocation), group);
      return { status: 202, body: {} };
    } catch (error) {
      log('warn', { what: 'sendsignalrmessage', error: String(error) });
      return failure('AWAY', 'the SignalR Service does not answer', 'Try again in a while.');
    }
  },
});
