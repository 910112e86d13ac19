import type { link as RheaLink } from 'rhea';
import { AmqpRefusal } from './refusal';

/** What links in both directions have in common. */
export abstract class Link {
  #permit: (() => void) | undefined;
  #onClose: (() => void)[] = [];

  protected constructor(protected readonly rhea: RheaLink) {}

  /** Where the client sends to or receives from, without a leading slash. */
  abstract readonly address: string;

  /** Whether both sides have it open; also while the client's attach is not answered. */
  get isOpen(): boolean {
    return this.rhea.is_open();
  }

  get name(): string {
    return this.rhea.name;
  }

  /** Properties that the client attached with, as they came. */
  get properties(): Readonly<Record<string, unknown>> {
    const { properties } = this.rhea as { properties: Record<string, unknown> | undefined };
    return properties ?? {};
  }

  get desiredCapabilities(): string | readonly string[] {
    const { desired_capabilities } = this.rhea as { desired_capabilities: string | string[] | undefined };
    return desired_capabilities ?? [];
  }

  /**
   * Makes a condition of the link: it holds now, and the link is closed when it no longer does.
   *
   * @param check throws AmqpRefusal
   */
  permit(check: () => void): void {
    check();
    this.#permit = check;
  }

  /** Closes the link when what it was opened on no longer holds: its token has expired. */
  recheck(): void {
    try {
      this.#permit?.();
    } catch (error) {
      this.refuse(error);
    }
  }

  /** Closes the link for what was refused. @param error what was thrown; thrown on when it is no AmqpRefusal */
  refuse(error: unknown): void {
    if (!(error instanceof AmqpRefusal)) throw error;
    this.close(error);
  }

  /** Answers the client's attach when the returned function is called, and not before. */
  hold(): () => void {
    const held = this.rhea as { _process?: () => void }; // what rhea writes a link's frames by (rhea/lib/link.js)
    held._process = () => undefined;
    return () => delete held._process;
  }

  /** Goes on when a wait is over, or refuses; what either throws ends the connection. */
  after(turn: Promise<void>, done: () => void, refuse: (error: unknown) => void): void {
    turn.then(done, refuse).catch((error: unknown) => this.rhea.connection.emit('error', error));
  }

  /** Called when the link is admitted. */
  opened(): void {
    // Only a link that the client sends on has something to do.
  }

  onClose(callback: () => void): void {
    this.#onClose.push(callback);
  }

  /** Detaches. Nothing happens when it is closed. */
  close(refusal?: AmqpRefusal): void {
    this.rhea.close(refusal?.fields);
    this.closed();
  }

  /** Called when either side has closed the link, or the connection is gone. */
  closed(): void {
    for (const callback of this.#onClose.splice(0)) callback();
  }
}

/** An address in the form that services compare: clients write it with a leading slash, with a scheme and host, or bare. */
export const addressOf = (address: unknown): string =>
  typeof address === 'string' ? address.replace(/^amqps?:\/\/[^/]+/i, '').replace(/^\/+/, '') : '';
