import ms from 'ms';
import { z } from 'zod';
import { DEVICE_ID, DEVICE_ID_RULE } from '../../domain/ids';
import { matching, text } from '../fields';

const DURATION = /^\d+(\.\d+)?(ms|s|m|h|d)$/;
export const PERCENT = /^\d+(\.\d+)?%$/;
/** Variables of the worker that a spec may name: of this form only, so that no spec can send other secrets away. */
const SECRET_NAME = /^GROUNDSWELL_SECRET_[A-Z0-9_]{1,64}$/;

export const fraction = (text: string): number => Number(text.slice(0, -1)) / 100;

/** A duration such as `30s`, read to milliseconds, between two others, both included. */
export function duration(least: string, most: string) {
  const error = `a duration from ${least} to ${most}, such as 30s, 5m, 2h or 1d`;
  const millis = (text: string): number => ms(text as ms.StringValue);
  return z
    .string({ error })
    .regex(DURATION, { error, abort: true })
    .meta({ allowed: `${least} to ${most}` })
    .transform(millis)
    .refine((value) => value >= millis(least) && value <= millis(most), { error });
}

/** A percentage, read to a share of 1: from 0%, or above it. */
export function share(from: 'zero' | 'aboveZero' = 'zero') {
  const range = from === 'zero' ? 'from 0% to 100%' : 'above 0% up to 100%';
  const error = `a percentage ${range}, such as 5%`;
  return z
    .string({ error })
    .regex(PERCENT, { error, abort: true })
    .meta({ allowed: from === 'zero' ? '0% to 100%' : 'above 0% to 100%' })
    .transform(fraction)
    .refine((value) => value <= 1 && (from === 'zero' || value > 0), { error });
}

export const DEVICE_ID_FORM = `a device id: ${DEVICE_ID_RULE}`;
export const deviceId = matching(DEVICE_ID, DEVICE_ID_FORM);
export const isDeviceId = (text: string): boolean => DEVICE_ID.test(text);

/** A name within tags: letters, digits and underscores, with dots between the levels, as a query writes it after `tags.`. */
export const tagName = matching(
  /^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/,
  'the name of a tag as in a query but without `tags.`, such as region or place.region',
).meta({ allowed: 'the name of a tag, without `tags.`; dots lead into objects' });

const URL_FORM = 'an https:// URL without user name and password in it';

/** A URL that the worker calls. Secrets belong into headers, by the name of a variable; a spec is kept in the history. */
export const httpsUrl = z
  .string({ error: URL_FORM })
  // No @ before the first slash: that is where a user name and password would stand.
  .regex(/^https:\/\/[^/?#@\\\s]+([/?#]\S*)?$/, { error: URL_FORM, abort: true })
  .meta({ allowed: URL_FORM })
  .refine((text) => URL.canParse(text), { error: URL_FORM });

export const secretName = matching(
  SECRET_NAME,
  "the name of a variable in the worker's environment that begins with GROUNDSWELL_SECRET_; never the secret itself",
).meta({ allowed: '`GROUNDSWELL_SECRET_…`' });

/** What people call a check, a ring: shown in plans, gates and the audit. */
export const label = matching(
  /^[A-Za-z0-9][\w .-]{0,39}$/,
  'a name of up to 40 letters, digits, spaces, dots, dashes and underscores',
).meta({ allowed: 'up to 40 letters, digits, spaces, `.` `-` `_`' });

const CONDITION = "a WHERE expression of the hub's query language";
export const condition = text(CONDITION).meta({ allowed: 'a WHERE expression' });
