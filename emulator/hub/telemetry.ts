/** A message that a device sent. */
export interface DeviceMessage {
  readonly deviceId: string;
  readonly enqueuedAt: number;
  /** The property bag as it came: `k=v&…`, encoded. */
  readonly properties: string;
  readonly body: Buffer;
}

/** Newest messages kept, and their bodies' bytes. */
const MOST_MESSAGES = 1000;
const MOST_BYTES = 4 * 1024 * 1024;

/** What devices sent to the hub: all is counted, the newest is kept. */
export class Telemetry {
  received = 0;
  #kept: DeviceMessage[] = [];
  #bytes = 0;

  add(message: DeviceMessage): void {
    this.received += 1;
    this.#kept.push(message);
    this.#bytes += message.body.length;
    if (this.#kept.length > MOST_MESSAGES || this.#bytes > MOST_BYTES) this.#dropOlderHalf();
  }

  /** The newest messages, oldest first. */
  newest(): readonly DeviceMessage[] {
    return this.#kept;
  }

  #dropOlderHalf(): void {
    this.#kept = this.#kept.slice(Math.ceil(this.#kept.length / 2));
    this.#bytes = this.#kept.reduce((sum, { body }) => sum + body.length, 0);
  }
}
