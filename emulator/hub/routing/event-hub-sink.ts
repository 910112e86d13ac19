import type { Collection } from '../../world/store';
import type { World } from '../../world/world';
import { routedMessage } from '../amqp/event-message';
import type { HubEvent } from '../events/event';
import type { EventHubEndpoint } from '../settings';
import { Backlog } from './backlog';
import { Health, type Sink } from './sink';

/** How long an event hub that refused is left alone: a named setting (docs/emulator/events.md). */
const RETRY_MS = 2000;
/** What an event costs beside its body, about. */
const OVERHEAD_BYTES = 512;

/** What of a hub's routing a fault may strike: an event on its way to an event hub. */
export const ROUTING_SEND = 'routing.send';

/** An event that waits; plain data. */
export interface WaitingEvent {
  readonly sequence: number;
  readonly event: HubEvent;
}

/** What a sink needs to know of its hub. */
export interface SinkHub {
  readonly name: string;
  readonly resourceId: () => string;
}

/** Sends routed messages to an event hub, in their order; one that is refused waits, and all after it. */
export class EventHubSink implements Sink {
  readonly health = new Health();
  readonly #backlog: Backlog<WaitingEvent>;
  #cancelTimer: (() => void) | undefined;
  #isClosed = false;

  /** @param endpoint as it is set now; undefined when it is gone, and its messages with it */
  constructor(
    private readonly world: Pick<World, 'clock' | 'eventHubs' | 'faults'>,
    private readonly hub: SinkHub,
    private readonly endpoint: () => EventHubEndpoint | undefined,
    kept: Pick<Collection<WaitingEvent>, 'put' | 'delete'>,
    waiting: readonly WaitingEvent[],
    name: string,
  ) {
    this.#backlog = new Backlog(kept, waiting, name, ({ event }) => OVERHEAD_BYTES + event.body.length);
    if (waiting.length > 0) this.#schedule();
  }

  add(event: HubEvent, _partition: string, now: number): void {
    if (this.#backlog.all.length === 0 && this.#send(event, now)) return;
    this.#backlog.add((sequence) => ({ sequence, event }));
    this.#schedule();
  }

  close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelTimer?.();
    return Promise.resolve();
  }

  #schedule(): void {
    const { clock } = this.world;
    this.#cancelTimer ??= clock.at(clock.now() + RETRY_MS, () => this.#retry());
  }

  #retry(): void {
    this.#cancelTimer = undefined;
    if (this.#isClosed) return;
    const sent: WaitingEvent[] = [];
    for (const record of this.#backlog.all) {
      if (!this.#send(record.event, this.world.clock.now())) break;
      sent.push(record);
    }
    this.#backlog.forget(sent);
    if (this.#backlog.all.length > 0) this.#schedule();
  }

  /** @returns whether that is settled: sent, or nobody wants it any more */
  #send(event: HubEvent, now: number): boolean {
    const endpoint = this.endpoint();
    if (endpoint === undefined) return true;
    try {
      const fault = this.world.faults.at(ROUTING_SEND, { hub: this.hub.name, deviceId: event.deviceId });
      if (fault?.kind === 'status') throw new Error(`a fault that the emulator was asked for: ${fault.status}`);
      this.world.eventHubs.send(
        { ...endpoint, resourceId: this.hub.resourceId() },
        routedMessage(event, now),
        event.deviceId,
      );
      this.health.succeeded(now);
      return true;
    } catch (error) {
      this.health.failed(now, error);
      return false;
    }
  }
}
