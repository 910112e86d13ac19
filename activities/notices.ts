import { Context, log } from '@temporalio/activity';
import type { NotifyRule } from '../domain/spec';
import type { Notice, NoticeActivities, NoticeResult } from './contracts';
import { type Answer, ask, hostOf, troubleText } from './outbound/ask';
import { slackMessage } from './outbound/slack';
import { headersOf, MissingSecret, secretUrlOf, type Variables } from './outbound/signing';

/** How long a webhook is waited for. */
export interface Patience {
  /** For one try, from the connection to the answer's last byte. */
  readonly timeoutMs: number;
  /** Before each further try. */
  readonly restsMs: readonly number[];
  /** Between two signs of life: well below the activity's heartbeat time-out (workflows/calls.ts). */
  readonly beatMs: number;
}
/** Given up after some three minutes, five if it hangs each time. A notice that comes later helps nobody. */
const PATIENCE: Patience = { timeoutMs: 15_000, restsMs: [1_000, 5_000, 15_000, 45_000, 120_000], beatMs: 10_000 };

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

/** Without a sign of life the server would take the activity for lost in the midst of a long rest, and begin it again. */
async function rest(millis: number, beatMs: number, progress: object): Promise<void> {
  const context = Context.current();
  for (let left = millis; left > 0; left -= beatMs) {
    context.heartbeat(progress);
    await context.sleep(Math.min(left, beatMs));
  }
}

/** Sends until somebody takes it. */
async function deliver(send: () => Promise<Answer>, { restsMs, beatMs }: Patience): Promise<NoticeResult> {
  for (let tries = 1; ; tries += 1) {
    const answer = await send();
    if (isSuccess(answer)) return { kind: 'delivered', tries };
    const millis = restsMs[tries - 1];
    if (millis === undefined || !mayPass(answer)) return { kind: 'givenUp', tries, why: whyOf(answer) };
    await rest(millis, beatMs, { tries, why: whyOf(answer) });
  }
}

/** Which webhook it is, for the log: of an address that is a secret not even the host. */
const webhookOf = ({ url, urlEnv }: NotifyRule): string => (url === undefined ? `that of ${urlEnv}` : hostOf(url));

/**
 * Tells webhooks what becomes of a rollout.
 *
 * @param variables of the worker, where rules find their secrets by name
 */
export const createNoticeActivities = (variables: Variables, patience = PATIENCE): NoticeActivities => ({
  async notify({ rule, notice, id }) {
    const { secretEnv } = rule;
    const webhook = webhookOf(rule);
    const body = bodyOf(rule, notice);
    const signal = Context.current().cancellationSignal;
    const send = (): Promise<Answer> => {
      const url = rule.url ?? secretUrlOf(variables, rule.urlEnv);
      const headers = headersOf({ id, body, secretEnv }, variables);
      return ask({ url, headers, body, timeoutMs: patience.timeoutMs, signal });
    };
    try {
      const result = await deliver(send, patience);
      if (result.kind === 'givenUp') log.warn('a webhook did not take a notice', { webhook, id, ...result });
      return result;
    } catch (error) {
      if (!(error instanceof MissingSecret)) throw error;
      log.warn('a notice was not sent', { webhook, id, why: error.message });
      return { kind: 'givenUp', tries: 0, why: error.message };
    }
  },
});
