import type { TelemetryBatch, TelemetryMessage } from '../../telemetry/message';
import type { ProcessorPorts } from '../../telemetry/processor';
import type { RejectedMessage, RejectedStore, StateStore, StoredState } from '../../telemetry/ports';
import type { Reason } from '../../telemetry/rejection';
import { type DeviceKey, type DeviceState, keyText } from '../../telemetry/state';
import type { DeviceView } from '../../telemetry/view';

/** 2026-11-22T06:00:00Z, the beginning of a window of any length. */
export const NOON = Date.UTC(2026, 10, 22, 6);

export const HUB = 'west';
const SOURCE = 'events.servicebus.test/telemetry';

/** One message of `pump-1` with 20 degrees, a second of the stream for each sequence number. */
export const messageAt = (
  sequence: number,
  { body = { Celsius: 20 }, ...rest }: Partial<Omit<TelemetryMessage, 'body'>> & { readonly body?: unknown } = {},
): TelemetryMessage => ({
  sequence,
  enqueuedAtMs: NOON + sequence * 1_000,
  atMs: NOON + sequence * 1_000,
  deviceId: 'pump-1',
  body: body instanceof Uint8Array ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
  ...rest,
});

export const batchOf = (messages: readonly TelemetryMessage[], partition = '0'): TelemetryBatch => ({
  source: SOURCE,
  partition,
  hub: HUB,
  messages,
});

/** What a store does before it answers: lets others go first, or throws. `written` is asked once a write is done. */
export type Turn = (what: 'read' | 'write' | 'written' | 'reject') => Promise<void>;

const AT_ONCE: Turn = () => Promise.resolve();

/** A table with tags, as the service has it. */
export class MemoryStates implements StateStore {
  readonly rows = new Map<string, StoredState>();
  writeCount = 0;
  readCount = 0;

  constructor(private readonly turn: Turn = AT_ONCE) {}

  async read(key: DeviceKey): Promise<StoredState | undefined> {
    await this.turn('read');
    this.readCount += 1;
    return this.rows.get(keyText(key));
  }

  async write(key: DeviceKey, state: DeviceState, etag: string | undefined): ReturnType<StateStore['write']> {
    await this.turn('write');
    if (this.rows.get(keyText(key))?.etag !== etag) return { kind: 'conflict' };
    const next = `W/"${(this.writeCount += 1)}"`;
    this.rows.set(keyText(key), { state, etag: next });
    await this.turn('written');
    return { kind: 'written', etag: next };
  }

  of(deviceId: string, hub = HUB): DeviceState | undefined {
    return this.rows.get(keyText({ hub, deviceId }))?.state;
  }
}

/** Rejected messages by their place, as the table has them by its key. */
export class MemoryRejected implements RejectedStore {
  readonly rows = new Map<string, RejectedMessage>();

  constructor(private readonly turn: Turn = AT_ONCE) {}

  async write(messages: readonly RejectedMessage[]): Promise<void> {
    await this.turn('reject');
    for (const one of messages) this.rows.set(`${one.source}/${one.partition}/${one.message.sequence}`, one);
  }

  reasons(): readonly (readonly [sequence: number, reason: Reason])[] {
    return [...this.rows.values()].map(({ message, rejection }) => [message.sequence, rejection.reason]);
  }
}

export interface TestPorts extends ProcessorPorts {
  readonly states: MemoryStates;
  readonly rejected: MemoryRejected;
  /** Each publication. */
  readonly published: (readonly DeviceView[])[];
}

/** Ports that remember, and never wait. */
export function testPorts(given: Partial<ProcessorPorts> = {}, turn?: Turn): TestPorts {
  const published: (readonly DeviceView[])[] = [];
  return {
    calibrations: { read: () => Promise.resolve(undefined) },
    publisher: { publish: (views) => Promise.resolve(void published.push(views)) },
    onPublishFailure: (error) => {
      throw error;
    },
    random: () => 0.5,
    wait: () => Promise.resolve(),
    ...given,
    states: new MemoryStates(turn),
    rejected: new MemoryRejected(turn),
    published,
  };
}
