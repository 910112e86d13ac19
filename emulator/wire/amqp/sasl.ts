import type { Login } from './service';

/** A SASL mechanism as rhea drives it (rhea/lib/sasl.js): `start` sets the outcome. */
interface Mechanism {
  outcome: boolean | undefined;
  username: string | undefined;
  start(response: Buffer | null | undefined, hostname: string | null | undefined): void;
}

/** What a connection knows that mechanisms need. */
export interface SaslHost {
  readonly hasCertificate: boolean;
  /** @param host that the client named, if it did. @returns whether a service lets it in */
  readonly signIn: (login: Login, host: string | undefined) => boolean;
}

const accepting = (): Mechanism => ({
  outcome: undefined,
  username: undefined,
  start() {
    this.outcome = true;
  },
});

/** RFC 4616: an identity to act as, which no client of Azure sends, a user name and a password, with NUL between them. */
const plain = (signIn: SaslHost['signIn']): Mechanism => ({
  outcome: undefined,
  username: undefined,
  start(response, hostname) {
    const [, username, password, ...more] = response?.toString().split('\0') ?? [];
    if (username === undefined || password === undefined || more.length > 0) this.outcome = false;
    else this.outcome = signIn({ username, password }, hostname ?? undefined);
  },
});

/**
 * What clients of Azure choose among. PLAIN brings a token at once (iot-hub/iot-hub-amqp-support.md; iot-hub-devguide-security.md, "Protocol specifics").
 * Of the others none proves anything by itself: MSSBCBS and ANONYMOUS lead to `$cbs`, EXTERNAL to the client certificate,
 * which services judge.
 */
export const mechanisms = ({ hasCertificate, signIn }: SaslHost): Record<string, () => Mechanism> => ({
  MSSBCBS: accepting,
  PLAIN: () => plain(signIn),
  ANONYMOUS: accepting,
  ...(hasCertificate && { EXTERNAL: accepting }),
});
