import type { PageConfig, SignIn } from './contract';

/** A field that is not as it must be. */
interface Problem {
  readonly field: string;
  readonly value: unknown;
  readonly allowed: string;
}

type Fields = Readonly<Record<string, unknown>>;

const DEFAULT_ONLINE_SECONDS = 300;
const MAX_ONLINE_SECONDS = 7 * 86_400;

/** A reader of fields that notes what is wrong and goes on, so that all is told at once. */
class Reader {
  readonly problems: Problem[] = [];

  /** An https address, or an http one on loopback: there nothing can listen in between. Without a slash at its end. */
  url(field: string, value: unknown): string {
    const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
    const loopback = url !== undefined && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
    const fine = url?.protocol === 'https:' || (loopback && url.protocol === 'http:');
    if (url === undefined || !fine || url.search !== '' || url.hash !== '' || url.username !== '')
      return this.#wrong('', {
        field,
        value,
        allowed: 'an https address (http only of this machine), without a query',
      });
    return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
  }

  text(field: string, value: unknown): string {
    if (typeof value === 'string' && value !== '') return value;
    return this.#wrong('', { field, value, allowed: 'a text that is not empty' });
  }

  seconds(field: string, value: unknown): number {
    const whole = typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= MAX_ONLINE_SECONDS;
    return whole ? value : this.#wrong(1, { field, value, allowed: `a whole number from 1 to ${MAX_ONLINE_SECONDS}` });
  }

  /** @param known names; any other field is a mistake */
  object(field: string, value: unknown, known: readonly string[]): Fields {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return this.#wrong({}, { field, value, allowed: 'an object' });
    for (const [name, each] of Object.entries(value))
      if (!known.includes(name))
        this.#wrong(undefined, {
          field: `${field}.${name}`,
          value: each as unknown,
          allowed: `only ${known.join(', ')}`,
        });
    return value as Fields;
  }

  signIn(value: unknown): SignIn {
    const fields = this.object('signIn', value, ['kind', 'clientId', 'authority', 'scopes']);
    switch (fields['kind']) {
      case 'none':
      case 'local':
        return { kind: fields['kind'] };
      case 'entra':
        return this.#entra(fields);
      default:
        return this.#wrong(
          { kind: 'none' },
          { field: 'signIn.kind', value: fields['kind'], allowed: 'none, local, entra' },
        );
    }
  }

  #entra({ clientId, authority, scopes }: Fields): SignIn {
    const asked = this.object('signIn.scopes', scopes, ['functions', 'rollouts']);
    const scope = (name: string) =>
      asked[name] === undefined ? {} : { [name]: this.text(`signIn.scopes.${name}`, asked[name]) };
    return {
      kind: 'entra',
      clientId: this.text('signIn.clientId', clientId),
      authority: this.url('signIn.authority', authority),
      scopes: { ...scope('functions'), ...scope('rollouts') },
    };
  }

  #wrong<Value>(instead: Value, problem: Problem): Value {
    this.problems.push(problem);
    return instead;
  }
}

const problemText = ({ field, value, allowed }: Problem): string =>
  `${field} is ${value === undefined ? 'missing' : JSON.stringify(value)}, allowed is ${allowed}`;

/**
 * @param raw what config.json holds
 * @throws Error naming each field that is wrong, its value, and what is allowed
 * @example configOf({ functionsUrl: 'https://f.test/', liveUrl: 'https://s.test', signIn: { kind: 'none' } }).functionsUrl // => 'https://f.test'
 */
export function configOf(raw: unknown): PageConfig {
  const read = new Reader();
  const names = ['functionsUrl', 'liveUrl', 'rolloutsUrl', 'onlineWithinSeconds', 'signIn'];
  const { functionsUrl, liveUrl, rolloutsUrl, onlineWithinSeconds, signIn } = read.object('config.json', raw, names);
  const config: PageConfig = {
    functionsUrl: read.url('functionsUrl', functionsUrl),
    liveUrl: read.url('liveUrl', liveUrl),
    ...(rolloutsUrl !== undefined && { rolloutsUrl: read.url('rolloutsUrl', rolloutsUrl) }),
    onlineWithinSeconds: read.seconds('onlineWithinSeconds', onlineWithinSeconds ?? DEFAULT_ONLINE_SECONDS),
    signIn: read.signIn(signIn),
  };
  if (read.problems.length === 0) return config;
  throw new Error(`config.json is not right: ${read.problems.map(problemText).join('; ')}`);
}
