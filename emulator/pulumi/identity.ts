import { z } from 'zod';

import { isSuccess, reach } from './reach';
import { MissingEmulatorError } from './errors';

const REFRESH_BEFORE_S = 300;
const tokenAnswer = z.object({ access_token: z.string(), expires_on: z.coerce.number() });

interface Token {
  readonly text: string;
  readonly expiresOn: number;
}

/** The managed identity of the environment, as App Service hands it to programs (`IDENTITY_ENDPOINT`). */
export class ManagedIdentity {
  readonly #tokens = new Map<string, Token>();

  constructor(
    private readonly endpoint: string,
    private readonly header: string,
  ) {}

  /** A token that is good for five minutes at least; `expiresOn` is in seconds since 1970. */
  async token(audience: string): Promise<Token> {
    const kept = this.#tokens.get(audience);
    if (kept !== undefined && kept.expiresOn - REFRESH_BEFORE_S > Date.now() / 1000) return kept;
    const url = `${this.endpoint}?api-version=2019-08-01&resource=${encodeURIComponent(audience)}`;
    const response = await reach(url, { method: 'GET', headers: { 'x-identity-header': this.header } });
    if (!isSuccess(response))
      throw new MissingEmulatorError(`${this.endpoint} refused a token with ${String(response.status)}`);
    const { access_token: text, expires_on: expiresOn } = tokenAnswer.parse(JSON.parse(response.bodyAsText ?? ''));
    this.#tokens.set(audience, { text, expiresOn });
    return { text, expiresOn };
  }
}
