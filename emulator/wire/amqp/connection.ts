import type { Duplex } from 'node:stream';
import {
  create_container,
  type Connection,
  type EventContext,
  type link as RheaLink,
  type Receiver,
  type Sender,
  type Source,
  type TerminusOptions,
} from 'rhea';
import type { Peer } from '../mqtt-service';
import { Credentials } from './cbs';
import { IncomingLink } from './incoming-link';
import { ignoreLateFrames } from './late-frames';
import type { Link } from './link';
import { OutgoingLink } from './outgoing-link';
import { boundCounts, guard, MOST_SESSIONS } from './guards';
import { AmqpRefusal, notFound, unauthorizedAccess } from './refusal';
import { RequestNode } from './request-node';
import { mechanisms } from './sasl';
import type { AmqpPeer, AmqpService, AmqpSession, Login, MessageSizes } from './service';
import type { Turn } from './turn';
import { writeWholeFrames } from './whole-frames';

/** Azure's own, as its `open` frames say. */
const IDLE_MS = 120_000;
const LARGEST_FRAME = 64 * 1024;
/** A message of 256 KB with its properties. */
const LARGEST_MESSAGE = 320 * 1024;
const MESSAGE_SIZES: MessageSizes = { announced: LARGEST_MESSAGE, cut: LARGEST_MESSAGE };
const OPEN_WITHIN_MS = 30_000;
const CLOSE_WITHIN_MS = 3000;
/** Two a device, for a gateway of a thousand devices. */
const MOST_LINKS = 2000;

boundCounts(); // once for the process

/** One AMQP connection: its links, its tokens and its time limits. What the links lead to is the services' affair. */
export class AmqpConnection {
  readonly #connection: Connection;
  readonly #credentials = new Credentials(() => Date.now());
  readonly #links = new Map<RheaLink, Link>();
  readonly #cbs = new RequestNode((request) => {
    if (this.#session === undefined) throw unauthorizedAccess();
    return this.#credentials.put(this.#session, request);
  });
  #session: AmqpSession | undefined;
  readonly #startedAt = Date.now();
  #closedAt: number | undefined;

  /** @param asked the host that TLS was asked for: some clients' `open` frames name another */
  constructor(
    private readonly stream: Duplex,
    private readonly peer: Peer,
    private readonly asked: string | undefined,
    private readonly services: readonly AmqpService[],
  ) {
    const container = create_container({ autoaccept: false, credit_window: 0, tcp_no_delay: true });
    const hasCertificate = peer.certificates.length > 0;
    const offered = mechanisms({ hasCertificate, signIn: (login, host) => this.#signIn(login, host) });
    Object.assign(container.sasl_server_mechanisms as object, offered);
    this.#connection = container.create_connection({
      transport: 'tcp', // for the types only: a server takes the stream it is given
      port: 0,
      container_id: 'iothub-emulator',
      idle_time_out: IDLE_MS,
      max_frame_size: LARGEST_FRAME,
      channel_max: MOST_SESSIONS - 1,
      reconnect: false,
    });
    writeWholeFrames(this.#connection);
    ignoreLateFrames(this.#connection);
    guard(this.#connection, () => this.stream.destroy());
    this.#listen();
    // rhea's types do not name what a server calls (rhea/lib/container.js, websocket_accept).
    (this.#connection as unknown as { accept(socket: Duplex): void }).accept(stream);
    stream.on('data', () => this.#checkSize()); // after rhea has taken its share of the bytes
    stream.once('close', () => this.#end());
  }

  /** Ends what has run out of time: an `open` that never came, a close that is not answered, tokens. */
  checkTime(now: number): void {
    if (this.#closedAt !== undefined && now - this.#closedAt >= CLOSE_WITHIN_MS) this.stream.destroy();
    else if (this.#session === undefined && now - this.#startedAt >= OPEN_WITHIN_MS) this.stream.destroy();
    else if (this.#credentials.expire()) for (const link of this.#links.values()) link.recheck();
  }

  /** Ends the connection in good order; a client that does not answer is cut off soon after. */
  close(refusal?: AmqpRefusal): void {
    this.#closedAt ??= Date.now();
    this.#connection.close(refusal?.fields);
  }

  #listen(): void {
    const connection = this.#connection;
    const ignored = () => undefined; // what else must be heard for rhea not to throw or print it
    for (const event of ['session_error', 'sender_error', 'receiver_error', 'disconnected', 'settled']) {
      connection.on(event, ignored);
    }
    for (const event of ['protocol_error', 'error', 'connection_error']) {
      connection.on(event, () => this.stream.destroy());
    }
    connection.on('connection_close', () => (this.#closedAt ??= Date.now()));
    connection.on('connection_open', () => this.#open());
    connection.on('sender_open', ({ sender }: EventContext) => sender && this.#outgoing(sender));
    connection.on('receiver_open', ({ receiver }: EventContext) => receiver && this.#incoming(receiver));
    for (const event of ['sender_close', 'receiver_close']) {
      connection.on(event, ({ sender, receiver }: EventContext) => this.#closed(sender ?? receiver));
    }
    connection.on('session_close', ({ session }: EventContext) => {
      for (const link of [...this.#links.keys()]) if (link.session === session) this.#closed(link);
    });
  }

  #open(): void {
    const peer: AmqpPeer = {
      ...this.peer,
      credentials: this.#credentials.list,
      close: (refusal) => this.close(refusal),
      drop: () => this.stream.destroy(),
      mute: () => this.#mute(),
    };
    const { hostname } = this.#connection as unknown as { hostname?: string };
    try {
      for (const host of this.#hosts(hostname)) {
        for (const service of this.services) this.#session ??= service.open(host, peer);
      }
      if (this.#session === undefined) throw notFound(hostname ?? '');
    } catch (error) {
      if (!(error instanceof AmqpRefusal)) throw error;
      this.close(error);
    }
  }

  /** Who the client may mean, by what it says and by what TLS was asked for. */
  #hosts = (said: string | undefined): string[] =>
    [said ?? '', this.asked ?? ''].map((host) => host.replace(/:\d+$/, ''));

  /** A token that came as a password counts as one put to `$cbs`. @returns whether it lets the client in */
  #signIn(login: Login, hostname: string | undefined): boolean {
    for (const host of this.#hosts(hostname)) {
      for (const service of this.services) {
        const expiresAt = service.signIn?.(host, login);
        if (expiresAt === undefined) continue;
        this.#credentials.add('', { kind: 'sas', token: login.password }, expiresAt);
        return true;
      }
    }
    return false;
  }

  #outgoing(sender: Sender): void {
    const link = new OutgoingLink(sender);
    this.#admit(sender, link, (session) => {
      if (link.address === '$cbs') this.#cbs.addReplies(link);
      else return session.openOutgoing(link);
      return undefined;
    });
  }

  #incoming(receiver: Receiver): void {
    const link = new IncomingLink(receiver);
    this.#admit(receiver, link, (session) => {
      if (link.address === '$cbs') this.#cbs.addRequests(link);
      else return session.openIncoming(link);
      return undefined;
    });
  }

  /** Attaches the link with what the client asked for, or detaches it with the refusal. */
  #admit(rheaLink: RheaLink, link: Link, open: (session: AmqpSession) => Turn): void {
    this.#links.set(rheaLink, link);
    if (this.#links.size > 2 * MOST_LINKS) throw new Error('links without end'); // refused ones stay until they are detached
    const { attach } = (rheaLink as unknown as { local: { attach: Record<string, unknown> } }).local;
    attach['snd_settle_mode'] = rheaLink.snd_settle_mode;
    attach['max_message_size'] = this.#sizes.announced;
    try {
      if (this.#links.size > MOST_LINKS) throw new AmqpRefusal('amqp:resource-limit-exceeded', 'Too many links.');
      if (this.#session === undefined) throw unauthorizedAccess();
      const turn = open(this.#session);
      if (turn === undefined) this.#answer(rheaLink, link);
      else this.#answerLater(turn, rheaLink, link);
    } catch (error) {
      link.refuse(error);
    }
  }

  /** Attaches, at once: what the link has to send must not go out before. */
  #answer(rheaLink: RheaLink, link: Link): void {
    const { source, target } = rheaLink as { source: Source | null; target: TerminusOptions | null };
    if (source !== null) rheaLink.set_source(source);
    if (target !== null) rheaLink.set_target(target);
    link.opened();
    this.#write();
  }

  #answerLater(turn: Promise<void>, rheaLink: RheaLink, link: Link): void {
    const release = link.hold();
    const done = (): void => {
      release();
      if (link.isOpen) this.#answer(rheaLink, link);
      else this.#write(); // its end, which was held back too
    };
    link.after(turn, done, (error) => {
      release();
      link.refuse(error);
      this.#write();
    });
  }

  /** Has rhea write what it would write a little later. */
  #write(): void {
    (this.#connection as unknown as { _process(): void })._process(); // rhea/lib/connection.js
  }

  #mute(): void {
    this.stream.removeAllListeners('data').resume();
    (this.#connection as unknown as { output(): void }).output = () => undefined;
  }

  #closed(rheaLink: RheaLink | undefined): void {
    const link = rheaLink && this.#links.get(rheaLink);
    if (rheaLink === undefined || link === undefined) return;
    this.#links.delete(rheaLink);
    link.closed();
  }

  get #sizes(): MessageSizes {
    return this.#session?.messageSizes ?? MESSAGE_SIZES;
  }

  /** A frame or a message that outgrows its limit ends the connection before it is whole. */
  #checkSize(): void {
    const { frame_size: size } = this.#connection as unknown as { frame_size?: number }; // of one that has begun
    let isTooLarge = (size ?? 0) > LARGEST_FRAME;
    for (const link of this.#links.values()) {
      if (link instanceof IncomingLink && link.pendingBytes > this.#sizes.cut) isTooLarge = true;
    }
    if (isTooLarge) this.stream.destroy();
  }

  #end(): void {
    const connection = this.#connection as unknown as { _disconnected(): void };
    connection._disconnected(); // clears rhea's timers, also when the socket was destroyed without an 'end'
    for (const rheaLink of [...this.#links.keys()]) this.#closed(rheaLink);
    this.#session?.end();
  }
}
