import type { link as RheaLink } from 'rhea';
import { AmqpRefusal } from './refusal';

/** What links in both directions have in common. */
export abstract class Link {
  #permit: (() => void) | undefined;
  #onClose: (() => void)[] = [];

  protected constructor(protected readonly rhea: RheaLink) {}

  /** Where the client sends to or receives from, without a leading slash. */
  abstract readonly address: string;

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
      if (!(error instanceof AmqpRefusal)) throw error;
      this.close(error);
    }
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
