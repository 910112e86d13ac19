import type { HubSession } from './hub';
import type { Telemetry } from './types';

/** Messages on their way that the hub has not confirmed. */
const AT_ONCE = 16;
/** Bytes of a message, at most. Source: iot-hub/iot-hub-devguide-quotas-throttling.md, "device-to-cloud message size". */
const LARGEST = 256 * 1024;

interface Entry {
  readonly number: number;
  readonly message: Telemetry;
}

/** Telemetry while it waits for the hub to confirm it: at least once, in order as long as no connection is lost. */
export class Outbox {
  /** Messages that were given up, since the process started. */
  dropped = 0;
  private session: HubSession | undefined;
  private queue: Entry[] = [];
  private sending = 0;
  private count = 0;

  /** @param most messages that wait at most; the oldest is dropped for a newer one */
  constructor(
    private readonly most: number,
    private readonly problem: (error: unknown) => void,
  ) {}

  /** @throws RangeError when no hub would take it */
  add(message: Telemetry): void {
    const bytes = Buffer.byteLength(JSON.stringify(message));
    if (bytes > LARGEST) throw new RangeError(`a message of ${bytes} bytes is larger than ${LARGEST}`);
    this.count += 1;
    this.queue.push({ number: this.count, message });
    this.trim();
    this.pump();
  }

  connected(session: HubSession): void {
    this.session = session;
    this.pump();
  }

  disconnected(): void {
    this.session = undefined;
  }

  private pump(): void {
    while (this.session !== undefined && this.sending < AT_ONCE) {
      const entry = this.queue.shift();
      if (entry === undefined) return;
      void this.send(entry, this.session);
    }
  }

  private async send(entry: Entry, session: HubSession): Promise<void> {
    this.sending += 1;
    try {
      await session.send(entry.message);
    } catch (error) {
      this.putBack(entry);
      if (this.session === session) {
        this.session = undefined; // its end is on the way; the next connection sends on
        this.problem(error);
      }
    } finally {
      this.sending -= 1;
    }
    this.pump();
  }

  private putBack(entry: Entry): void {
    this.queue = [entry, ...this.queue].sort((a, b) => a.number - b.number);
    this.trim();
  }

  private trim(): void {
    while (this.queue.length > this.most) {
      this.queue.shift();
      this.dropped += 1;
    }
  }
}
