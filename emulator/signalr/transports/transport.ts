import type { Payload } from '../protocols';

/** The way from the service to one client; the client's own messages come by the websocket itself, or each by a POST. */
export interface Transport {
  /** Whether it carries bytes: Server-Sent Events are text. */
  readonly isBinary: boolean;
  /** Whether the client asks again and again, which shows that it lives; else it sends pings, and is sent some. */
  readonly isPolled: boolean;
  /** When the client was last seen to ask, ms since the epoch by the machine's clock; only of one that is polled. */
  readonly askedAt?: number;
  /** Keeps the order. @returns whether there was room: a client that reads too slowly is let go of */
  send(payload: Payload): boolean;
  /** Ends in good order, after what was sent. */
  end(): void;
  /** Ends at once. */
  cut(): void;
}

/** What may wait for a client that reads too slowly, in bytes. */
export const MOST_WAITING = 16 * 1024 * 1024;
