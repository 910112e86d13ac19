import { type ApprovalRule, NOTICE_KINDS, type NotifyRule } from '../../domain/spec';
import { z } from 'zod';
import { exactlyOneOf, listOf, oneOf, record, text, whole } from '../fields';
import { duration, httpsUrl, secretName } from './units';

const BEFORE = 'start, everyWave, or a list of 1 to 100 wave numbers, none of them twice';
const before = z
  .union([z.enum(['start', 'everyWave']), listOf(whole(1, 1_000), 100, 'wave numbers')], { error: BEFORE })
  .meta({ allowed: '`start`, `everyWave`, or a list of wave numbers from 1' })
  .transform((asked) => (asked === 'start' ? [1] : asked));

export const approvals = record({
  before: before.prefault('start').describe('What waits for an approval. Wave 1 is the start.'),
  by: listOf(text('the name of a person, as commands give it by --as'), 100, 'names')
    .optional()
    .meta({ without: 'anybody' })
    .describe('Who may approve.'),
  requesterMay: z
    .boolean({ error: 'true or false' })
    .default(false)
    .describe('Whether who started the rollout may approve it.'),
  deadline: duration('1m', '90d').prefault('1d').describe('No answer within this time is a deny.'),
}).transform(({ before: waves, by = [], requesterMay, deadline }): ApprovalRule => ({
  before: waves,
  by,
  requesterMay,
  deadlineMs: deadline,
}));

const ADDRESS = exactlyOneOf('url', 'urlEnv');

const hook = record({
  url: httpsUrl.optional().meta({ without: '`urlEnv`' }).describe('Gets a POST for each notice.'),
  urlEnv: secretName
    .optional()
    .meta({ without: '`url`' })
    .describe("Variable of the worker's environment with the URL, where the URL is a secret itself, as Slack's are."),
  format: oneOf(['json', 'slack'])
    .default('json')
    .describe("`json`: everything; `slack`: text, as Slack's webhooks take it."),
  on: listOf(oneOf(NOTICE_KINDS), NOTICE_KINDS.length, `of ${NOTICE_KINDS.join(', ')}`)
    .default([...NOTICE_KINDS])
    .meta({ without: 'all' })
    .describe('Of what it hears.'),
  secretEnv: secretName
    .optional()
    .meta({ without: 'unsigned' })
    .describe("Variable of the worker's environment with the secret that signs the notices."),
})
  .refine(ADDRESS.test, ADDRESS.options)
  .meta(ADDRESS.meta)
  .transform(({ url, urlEnv, ...rule }): NotifyRule =>
    url === undefined ? { urlEnv: urlEnv ?? '', ...rule } : { url, ...rule },
  );

export const notify = listOf(hook, 20, 'webhooks');
