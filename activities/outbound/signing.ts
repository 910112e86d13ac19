import { Webhook } from 'standardwebhooks';
import { mayCarrySecrets } from './ask';

/** Variables of the worker: where secrets come from. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** What a rule names is not there, or cannot be used. Says which variable, never what is in it. */
export class MissingSecret extends Error {
  override readonly name = 'MissingSecret';
}

/** @throws MissingSecret when the worker has no such variable */
export function secretOf(variables: Variables, name: string): string {
  const value = variables[name];
  if (value === undefined || value === '') throw new MissingSecret(`the worker has no variable ${name}`);
  return value;
}

/**
 * An address that is a secret: nothing that is thrown or logged has any of it.
 *
 * @throws MissingSecret when the worker has no such variable, or what is in it is no https URL (http to this machine is one, too)
 */
export function secretUrlOf(variables: Variables, name: string): string {
  const value = secretOf(variables, name).trim();
  if (URL.canParse(value) && /^https?:/i.test(value) && mayCarrySecrets(value) && !hasUser(value)) return value;
  throw new MissingSecret(`the worker's variable ${name} is no https:// URL without user name and password in it`);
}

/** The platform's fetch takes no such URL. Source: WHATWG Fetch, "new Request", step on credentials. */
const hasUser = (url: string): boolean => new URL(url).username !== '' || new URL(url).password !== '';

export interface Message {
  /** Unique; the same for every try, so that receivers drop repetitions. */
  readonly id: string;
  readonly body: string;
  /** The worker's variable with the secret, `whsec_` and base64; unsigned without. */
  readonly secretEnv?: string;
}

const signatureOf = (secret: string, name: string, { id, body }: Message, at: Date): string => {
  try {
    return new Webhook(secret).sign(id, at, body);
  } catch {
    throw new MissingSecret(`the worker's variable ${name} is no signing secret: whsec_ and base64 are asked for`);
  }
};

/**
 * Headers of a webhook message.
 *
 * Source: Standard Webhooks, specification, "Webhook Headers (Sending metadata to consumers)".
 *
 * @throws MissingSecret when the secret is not there
 */
export function headersOf(message: Message, variables: Variables): Record<string, string> {
  const at = new Date();
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'groundswell',
    'webhook-id': message.id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
  };
  const { secretEnv } = message;
  if (secretEnv === undefined) return headers;
  return { ...headers, 'webhook-signature': signatureOf(secretOf(variables, secretEnv), secretEnv, message, at) };
}
