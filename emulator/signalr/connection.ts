import { randomBytes } from 'node:crypto';

import { type HubMessage, MessageType } from '@microsoft/signalr';

import {
  type Closing,
  closeOf,
  handshakeOf,
  Incoming,
  type Outgoing,
  PING,
  type ProtocolName,
  RECORD_SEPARATOR,
} from './protocols';
import type { Transport } from './transports/transport';

/** Times in ms, by the machine's clock as all of sockets are. */
export interface ConnectionLimits {
  /** A client that was not heard for so long is gone. */
  readonly clientTimeoutMs: number;
}

/** A ping goes out when nothing else did for so long (aspnetcore, HubOptions.KeepAliveInterval). */
const PING_AFTER_MS = 15_000;
/** Time for the first message, and before that for coming back after a negotiation (Azure gives 5 s for the latter). */
const BEGINS_WITHIN_MS = 15_000;

/** Whose connections these are: a hub of the service. */
export interface ConnectionOwner {
  readonly limits: ConnectionLimits;
  /** Told after the handshake. @returns why the client is sent away; undefined when it may stay */
  opened(connection: ClientConnection): Closing | undefined;
  /** Told once, when the connection gets no messages any more. */
  closed(connection: ClientConnection): void;
  /** Told when its client can make no request for it any more. */
  forget(connection: ClientConnection): void;
}

type Phase = 'negotiated' | 'handshake' | 'open' | 'closed';

/** A client of a hub, from its negotiation to its end. */
export class ClientConnection {
  /** By which senders know it. */
  readonly id = randomBytes(16).toString('base64url');
  /** By which its own requests name it: a secret. */
  readonly token = randomBytes(24).toString('base64url');
  readonly #incoming = new Incoming();
  #phase: Phase = 'negotiated';
  #protocol: ProtocolName = 'json';
  #transport: Transport | undefined;
  #isMuted = false;
  #heardAt = Date.now();
  #sentAt = Date.now();

  constructor(
    private readonly owner: ConnectionOwner,
    /** Who it said to be in its token; undefined for nobody. */
    readonly userId: string | undefined,
  ) {}

  /** The way by which its messages go out, once there is one. */
  get transport(): Transport | undefined {
    return this.#transport;
  }

  get isOpen(): boolean {
    return this.#phase === 'open';
  }

  /** @returns false when it has a way already, or has ended */
  attach(transport: Transport): boolean {
    if (this.#phase !== 'negotiated') return false;
    this.#transport = transport;
    this.#phase = 'handshake';
    this.#heardAt = Date.now();
    return true;
  }

  /** Takes bytes of the client; what is no message ends the connection. */
  receive(bytes: Buffer): void {
    if (this.#phase === 'closed') return;
    this.#heardAt = Date.now();
    try {
      this.#incoming.add(bytes);
      if (this.#phase === 'handshake') this.#shakeHands();
      if (this.isOpen) for (const message of this.#incoming.messages(this.#protocol)) this.#take(message);
    } catch (error) {
      this.close({ error: `Connection closed with an error. ${error instanceof Error ? error.message : ''}`.trim() });
    }
  }

  /** Nothing happens unless it is open. */
  send(message: Outgoing): void {
    if (!this.isOpen || this.#transport === undefined || this.#isMuted) return;
    this.#sentAt = Date.now();
    if (this.#transport.send(message.in(this.#protocol))) return;
    this.cut();
  }

  /** Ends in good order; an open connection is told why. */
  close(closing: Closing = {}): void {
    this.send(closeOf(closing));
    this.#leave();
    this.#transport?.end();
  }

  /** Ends without a word. */
  cut(): void {
    this.lost();
    this.#transport?.cut();
  }

  /** From here on it stands, and nothing comes over it: as a peer that has gone without a word. */
  mute(): void {
    this.#isMuted = true;
  }

  /** Its transport has ended. */
  lost(): void {
    this.#leave();
    this.owner.forget(this);
  }

  /** @param now ms since the epoch */
  checkTime(now: number): void {
    const isPolled = this.#transport?.isPolled ?? false;
    const heardAt = Math.max(this.#heardAt, this.#transport?.askedAt ?? 0);
    if (!this.isOpen) {
      if (now - heardAt > BEGINS_WITHIN_MS) this.cut();
    } else if (now - heardAt > this.owner.limits.clientTimeoutMs) {
      this.close({ error: "Client hasn't sent a message/ping within the configured ClientTimeoutInterval." });
    } else if (!isPolled && now - this.#sentAt >= PING_AFTER_MS) this.send(PING);
  }

  #shakeHands(): void {
    const text = this.#incoming.handshake();
    if (text === undefined || this.#transport === undefined) return;
    const { protocol, error } = this.#agreement(text, this.#transport);
    const answer = JSON.stringify(error === undefined ? {} : { error }) + RECORD_SEPARATOR;
    this.#transport.send(protocol === 'messagepack' ? Buffer.from(answer) : answer);
    if (error !== undefined) {
      this.close();
      return;
    }
    this.#protocol = protocol;
    this.#phase = 'open';
    const refusal = this.owner.opened(this);
    if (refusal !== undefined) this.close(refusal);
  }

  #agreement(text: string, { isBinary }: Transport): { readonly protocol: ProtocolName; readonly error?: string } {
    try {
      const protocol = handshakeOf(text);
      if (protocol === 'json' || isBinary) return { protocol };
      const format = `The transport does not support 'Binary' transfer format.`;
      return { protocol: 'json', error: `Cannot use the '${protocol}' protocol on the current transport. ${format}` };
    } catch (error) {
      return { protocol: 'json', error: (error as Error).message }; // handshakeOf throws nothing else
    }
  }

  #take(message: HubMessage): void {
    switch (message.type) {
      case MessageType.Close:
        this.close();
        return;
      case MessageType.Invocation:
      case MessageType.StreamInvocation:
        this.close({ error: NO_UPSTREAM });
        return;
      case MessageType.Ping: // that it was heard is all there is to it
      case MessageType.Ack:
      case MessageType.Sequence:
      case MessageType.StreamItem: // of an invocation that was never answered
      case MessageType.Completion:
      case MessageType.CancelInvocation:
        return;
    }
  }

  #leave(): void {
    if (this.#phase === 'closed') return;
    this.#phase = 'closed';
    this.owner.closed(this);
  }
}

/** "SignalR Service will disconnect any client that sends messages because it's an invalid operation" (REST API reference). */
const NO_UPSTREAM = 'Connection closed with an error. Clients cannot send messages: the service has no upstream.';
