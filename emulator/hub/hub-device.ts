import type { Mailbox } from './c2d/mailbox';
import type { Mailboxes } from './c2d/mailboxes';
import type { Configured } from './configurations/settings';
import type { Identity } from './identity';
import type { Json, JsonObject } from '../world/json';
import { NEVER, stampOf } from '../world/time';
import type { Twin } from './twin/twin';

/** A device's or module's live connection, whatever its protocol. */
export interface DeviceLink {
  /** Whether the device has subscribed to direct methods. */
  readonly takesMethods: boolean;
  /** Hands a method to the device; the answer comes by {@link Device.answer}. */
  sendMethod(requestId: string, name: string, payload: Json): void;
  /** Tells of a change of desired properties; dropped when the device has not subscribed. */
  sendDesired(patch: JsonObject, version: number): void;
  close(): void;
}

/** A device's answer to a direct method. */
export interface MethodAnswer {
  readonly status: number;
  readonly payload: Json;
}

/** Told when devices and modules come and go. */
export interface ConnectionObserver {
  connected(device: Device): void;
  disconnected(device: Device): void;
}

/** Told of what queries show of devices and modules, as it was. */
export interface Remembrance {
  /** What queries show of it is about to change, or it is about to be removed. */
  changing(device: Device): void;
  /** It was added. */
  created(device: Device): void;
}

/** What all devices of a hub share. */
export interface DeviceOwner {
  readonly past: Remembrance;
  readonly mailboxes: Mailboxes;
  readonly observer: ConnectionObserver;
}

/** What is kept of a device or module, beside its connection. Only the registry changes it. */
export interface DeviceState {
  identity: Identity;
  twin: Twin;
  /** The plug-and-play model that the device named when it connected; empty for none. */
  modelId: string;
  /** What automatic configurations do to its twin; undefined for nothing. */
  configured?: Configured | undefined;
}

/** A device of a hub, or one of its modules (`identity.moduleId` tells): identity, twin and connection. */
export class Device implements DeviceState {
  identity: Identity;
  twin: Twin;
  modelId: string;
  configured: Configured | undefined;
  connectionState: 'Connected' | 'Disconnected' = 'Disconnected';
  connectionStateUpdatedTime = NEVER;
  lastActivityTime = NEVER;
  link: DeviceLink | undefined;
  #calls: Map<string, (answer: MethodAnswer) => void> | undefined;
  #waiting: Set<() => void> | undefined;

  /** @param position its place among the devices (or the modules) of the hub */
  constructor(
    readonly position: number,
    { identity, twin, modelId, configured }: DeviceState,
    private readonly owner: DeviceOwner,
  ) {
    this.identity = identity;
    this.twin = twin;
    this.modelId = modelId;
    this.configured = configured;
  }

  /** Messages that wait for it; to be asked for anew each time rather than kept, for devices come and go. */
  get mailbox(): Mailbox {
    return this.owner.mailboxes.of(this.identity);
  }

  get cloudToDeviceMessageCount(): number {
    return this.owner.mailboxes.sizeOf(this.identity);
  }

  /** Takes a new connection; one that is there already is closed (IoT Hub logs that as 400027). */
  connect(link: DeviceLink, now: number): void {
    this.link?.close();
    this.owner.past.changing(this);
    this.link = link;
    this.connectionStateUpdatedTime = this.lastActivityTime = stampOf(now);
    if (this.connectionState === 'Connected') return; // another connection's place is taken: the device stayed
    this.connectionState = 'Connected';
    this.owner.observer.connected(this);
  }

  /** Ends this connection; nothing happens when another has taken its place. */
  disconnect(link: DeviceLink, now: number): void {
    if (this.link !== link) return;
    this.owner.past.changing(this);
    this.link = undefined;
    this.connectionState = 'Disconnected';
    this.connectionStateUpdatedTime = this.lastActivityTime = stampOf(now);
    this.owner.observer.disconnected(this);
  }

  get takesMethods(): boolean {
    return this.link?.takesMethods ?? false;
  }

  /** Calls back once, when the device next subscribes to methods or is deleted. @returns cancels */
  onNextChance(callback: () => void): () => void {
    const waiting = (this.#waiting ??= new Set());
    waiting.add(callback);
    return () => waiting.delete(callback);
  }

  /** Wakes those who wait for the device: it has subscribed, or is gone for good. */
  wake(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const callback of waiting) callback();
  }

  /** Awaits the answer to a method sent under `requestId`. @returns stops waiting */
  awaitAnswer(requestId: string, callback: (answer: MethodAnswer) => void): () => void {
    const calls = (this.#calls ??= new Map());
    calls.set(requestId, callback);
    return () => calls.delete(requestId);
  }

  /** Takes a device's answer; one that nobody awaits (late, or never asked for) is dropped. */
  answer(requestId: string, answer: MethodAnswer): void {
    const callback = this.#calls?.get(requestId);
    this.#calls?.delete(requestId);
    callback?.(answer);
  }
}
