import type { Peer } from '../mqtt-service';
import type { IncomingLink } from './incoming-link';
import type { OutgoingLink } from './outgoing-link';
import type { AmqpRefusal } from './refusal';
import type { Turn } from './turn';

/** A token that a client put to `$cbs`, or brought as its password. */
export interface Credential {
  readonly kind: 'sas' | 'jwt';
  readonly token: string;
}

/** What a service sees of the connection beneath it. */
export interface AmqpPeer extends Peer {
  /** Tokens put so far that have not expired. */
  readonly credentials: () => readonly Credential[];
  /** Ends the connection. */
  readonly close: (refusal?: AmqpRefusal) => void;
  /** Cuts the connection without a word. */
  readonly drop: () => void;
  /** Hears and says nothing any more; the connection stays until the client or a time limit ends it. */
  readonly mute: () => void;
}

/** How large messages may be, in bytes. */
export interface MessageSizes {
  /** What a link says when it is attached: a larger message the session itself refuses. */
  readonly announced: number;
  /** A longer one ends the connection before it is whole. */
  readonly cut: number;
}

/** A host's side of one connection. */
export interface AmqpSession {
  /** @default 320 KiB for both: 256 KB of IoT Hub's with properties */
  readonly messageSizes?: MessageSizes | undefined;
  /**
   * Judges a token as it is put.
   *
   * @param audience what it is for, as the client names it
   * @returns when it ends, ms since the epoch, by the machine's clock
   * @throws AmqpRefusal
   */
  admit(credential: Credential, audience: string): number;
  /** The client would receive from an address. @returns when its link is answered. @throws AmqpRefusal, as the promise may */
  openOutgoing(link: OutgoingLink): Turn;
  /** The client would send to an address. @returns and throws as {@link openOutgoing} */
  openIncoming(link: IncomingLink): Turn;
  /** The connection is gone, however it went. */
  end(): void;
}

/** What a client brings by SASL PLAIN. */
export interface Login {
  readonly username: string;
  readonly password: string;
}

/** Who answers for some of the hosts on the shared AMQP port. */
export interface AmqpService {
  /**
   * Judges a user name and a token that come in place of one put to `$cbs`; not there: the service knows none.
   *
   * @param host as for `open`
   * @returns when the token ends, ms since the epoch; undefined: it does not let the client in
   */
  signIn?(host: string, login: Login): number | undefined;
  /**
   * @param host of the `open` frame, or the name that TLS asked for
   * @returns undefined when it is another's, or unknown
   * @throws AmqpRefusal which ends the connection
   */
  open(host: string, peer: AmqpPeer): AmqpSession | undefined;
}
