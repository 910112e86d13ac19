import type { Message } from 'rhea';
import { AmqpRefusal } from './refusal';
import type { Answer } from './request-node';
import type { AmqpSession, Credential } from './service';

const KINDS: Readonly<Record<string, Credential['kind']>> = {
  'servicebus.windows.net:sastoken': 'sas',
  jwt: 'jwt',
};

/** Longest token that is looked at. */
const LONGEST = 16 * 1024;
/** Tokens of one connection; a gateway for many devices puts one for each. */
const MOST = 1000;

/** The tokens of a connection, put to `$cbs` (AMQP Claims-Based Security 1.0, as Azure uses it). */
export class Credentials {
  /** By audience: a new token takes the place of the one before. */
  readonly #byAudience = new Map<string, { readonly credential: Credential; readonly expiresAt: number }>();

  constructor(private readonly now: () => number) {}

  /** What is valid now. */
  list = (): readonly Credential[] =>
    [...this.#byAudience.values()]
      .filter(({ expiresAt }) => expiresAt > this.now())
      .map(({ credential }) => credential);

  add(audience: string, credential: Credential, expiresAt: number): void {
    if (!this.#byAudience.has(audience) && this.#byAudience.size >= MOST) {
      throw new AmqpRefusal('amqp:resource-limit-exceeded', `A connection takes at most ${MOST} tokens.`);
    }
    this.#byAudience.set(audience, { credential, expiresAt });
  }

  /** Forgets what has expired. @returns whether anything had */
  expire(): boolean {
    let expired = false;
    for (const [audience, { expiresAt }] of this.#byAudience) {
      if (expiresAt <= this.now()) expired = this.#byAudience.delete(audience);
    }
    return expired;
  }

  /** Answers a put-token request. */
  put(session: AmqpSession, { application_properties: properties, body }: Message): Answer {
    const kind = KINDS[String(properties?.['type'])];
    const audience: unknown = properties?.['name'];
    if (properties?.['operation'] !== 'put-token' || kind === undefined) return bad('The operation is not supported.');
    if (typeof audience !== 'string' || typeof body !== 'string') return bad('The token or its audience is missing.');
    if (body.length > LONGEST || audience.length > LONGEST) return bad('The token is too long.');
    try {
      const credential = credentialOf(kind, body);
      this.add(audience, credential, session.admit(credential, audience));
      return { status: 200, description: 'OK' }; // 200 and nothing else: azure-iot-amqp-base/dist/amqp_cbs.js
    } catch (error) {
      if (!(error instanceof AmqpRefusal)) throw error;
      return { status: 401, description: error.description };
    }
  }
}

const bad = (description: string): Answer => ({ status: 400, description });

/** The Node service client puts an Entra token as if it were a SAS, with `Bearer` before it (azure-iothub/dist/amqp.js). */
const credentialOf = (kind: Credential['kind'], body: string): Credential =>
  kind === 'jwt' || /^Bearer\s/i.test(body)
    ? { kind: 'jwt', token: body.replace(/^Bearer\s+/i, '') }
    : { kind, token: body };
