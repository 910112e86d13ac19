import { Context, log } from '@temporalio/activity';
import type { NotifyRule } from '../domain/spec';
import type { Notice, NoticeActivities, NoticeResult } from './contracts';
import { type Answer, ask, hostOf, troubleText } from './outbound/ask';
import { slackMessage } from './outbound/slack';
import { headersOf, MissingSecret, type Variables } from './outbound/signing';

const TIMEOUT_MS = 15_000;
/** Rests between the tries: given up after some three minutes. A notice that comes later helps nobody. */
const RESTS_MS: readonly number[] = [1_000, 5_000, 15_000, 45_000, 120_000];

/** Source: Standard Webhooks, specification, "Payload structure". */
const jsonMessage = (notice: Notice): object => ({
  type: `rollout.${notice.kind}`,
  timestamp: notice.at,
  data: notice,
});

const bodyOf = ({ format }: NotifyRule, notice: Notice): string =>
  JSON.stringify(format === 'slack' ? slackMessage(notice) : jsonMessage(notice));

const isSuccess = (answer: Answer): boolean =>
  answer.kind === 'answered' && answer.status >= 200 && answer.status <= 299;

/** Other refusals and redirects will be the same in a minute. */
const mayPass = (answer: Answer): boolean =>
  answer.kind === 'failed' ||
  (answer.kind === 'answered' && (answer.status >= 500 || [408, 425, 429].includes(answer.status)));

const whyOf = (answer: Answer): string =>
  answer.kind === 'answered' ? `answered ${answer.status}` : troubleText(answer);

/** Sends until somebody takes it. @param rests milliseconds before each further try */
async function deliver(send: () => Promise<Answer>, rests: readonly number[]): Promise<NoticeResult> {
  for (let tries = 1; ; tries += 1) {
    const answer = await send();
    if (isSuccess(answer)) return { kind: 'delivered', tries };
    const rest = rests[tries - 1];
    if (rest === undefined || !mayPass(answer)) return { kind: 'givenUp', tries, why: whyOf(answer) };
    Context.current().heartbeat({ tries, why: whyOf(answer) });
    await Context.current().sleep(rest);
  }
}

/**
 * Tells webhooks what becomes of a rollout.
 *
 * @param variables of the worker, where rules find their secrets by name
 * @param restsMs   before each further try
 */
export const createNoticeActivities = (variables: Variables, restsMs = RESTS_MS): NoticeActivities => ({
  async notify({ rule, notice, id }) {
    const { url, secretEnv } = rule;
    const body = bodyOf(rule, notice);
    const signal = Context.current().cancellationSignal;
    const send = (): Promise<Answer> => {
      const headers = headersOf({ id, body, secretEnv }, variables);
      return ask({ url, headers, body, timeoutMs: TIMEOUT_MS, signal });
    };
    try {
      const result = await deliver(send, restsMs);
      if (result.kind === 'givenUp') log.warn('a webhook did not take a notice', { host: hostOf(url), id, ...result });
      return result;
    } catch (error) {
      if (!(error instanceof MissingSecret)) throw error;
      log.warn('a notice was not sent', { host: hostOf(url), id, why: error.message });
      return { kind: 'givenUp', tries: 0, why: error.message };
    }
  },
});
