import { setTimeout as sleep } from 'node:timers/promises';
import { Bell } from './bell';
import { Course } from './course';
import { Desired } from './desired';
import { failureOf } from './failure';
import type { HubEvents } from './hub';
import { identityOf } from './identity';
import { Link } from './link';
import { Methods } from './methods';
import type { AgentOptions, Effects } from './options';
import { Outbox } from './outbox';
import { Place } from './place';
import { Reprovisioning } from './reprovisioning';
import { REPROVISION } from './reprovision';
import { Reports } from './reports';
import { backOff, type Range, restOf } from './retry';
import { openSdkHub } from './sdk-hub';
import type { Device, Home, Properties, Telemetry } from './types';

const EFFECTS: Effects = {
  openHub: openSdkHub,
  random: Math.random,
  rest: (ms, signal) => sleep(ms, undefined, { signal }).catch(() => undefined),
};

/** Messages that wait at most, unless the options say. */
const TELEMETRY_QUEUE = 1000;

/**
 * A device: provisioned once, connected to the hub it was given, and back at the provisioning service when that hub will not
 * have it, or when it is told to. It answers methods, applies desired properties, reports and sends telemetry; whatever goes
 * wrong, it goes on until it is stopped.
 */
export class Agent implements Device {
  readonly registrationId: string;
  private readonly effects: Effects;
  private readonly place: Place;
  private readonly course: Course;
  private readonly reprovisioning: Reprovisioning | undefined;
  private readonly methods: Methods;
  private readonly desired: Desired;
  private readonly reports: Reports;
  private readonly outbox: Outbox;
  private readonly link: Link;
  private readonly bell = new Bell();
  private readonly stopping = new AbortController();
  private waking = new AbortController();
  /** Before it connects again. */
  private pause: Range | undefined;
  private hasConnected: () => void = () => undefined;

  /** @param effects for tests and simulators */
  constructor(
    private readonly options: AgentOptions,
    effects: Partial<Effects> = {},
  ) {
    const { registrationId, credentials, factory, store } = identityOf(options);
    const problem = (error: unknown): void => this.problem(error);
    this.registrationId = registrationId;
    this.effects = { ...EFFECTS, ...effects };
    this.place = new Place({ registrationId, credentials }, factory, store, problem);
    this.course = new Course(factory !== undefined);
    this.reprovisioning = factory && new Reprovisioning(this.place, factory);
    this.methods = new Methods(options.methods, this.place, this);
    this.reports = new Reports({ rest: (attempt) => this.rest(backOff(attempt)), problem });
    this.outbox = new Outbox(options.telemetryQueue ?? TELEMETRY_QUEUE, problem);
    this.desired = new Desired({
      handlers: options.desired ?? {},
      report: (patch) => this.reports.add(patch),
      problem,
    });
    this.link = new Link(this.effects.openHub, credentials, this.linkUser());
  }

  /**
   * Starts to live. Resolves once it is connected for the first time, so that methods and desired changes reach it; or
   * when it is stopped before. It never rejects: a device has nobody to throw at, and goes on trying.
   */
  async start(): Promise<void> {
    const connected = new Promise<void>((resolve) => (this.hasConnected = resolve));
    await this.place.load();
    await Promise.race([connected, this.live()]);
  }

  /** Disconnects and ends. A call that is being answered may be cut off, and telemetry that waits is lost. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.bell.ring();
    await this.link.close();
  }

  report(patch: Properties): Promise<void> {
    return this.reports.add(patch).then(() => undefined);
  }

  /** @throws RangeError for a message that no hub would take */
  send(message: Telemetry): void {
    this.outbox.add(message);
  }

  /** Messages that were given up since the start, for want of room. */
  get droppedMessages(): number {
    return this.outbox.dropped;
  }

  private get isStopped(): boolean {
    return this.stopping.signal.aborted;
  }

  private async live(): Promise<void> {
    await this.rest({ leastMs: 0, mostMs: this.options.startWithinMs ?? 0 });
    while (!this.isStopped) {
      try {
        await this.advance();
      } catch (error) {
        this.problem(error);
        await this.rest(this.course.failed(failureOf(error), this.place.home !== undefined));
      }
    }
  }

  /** The next thing to do, by how it stands. */
  private async advance(): Promise<void> {
    if (this.place.wish !== undefined) return this.follow();
    const { home } = this.place;
    if (this.course.step === 'lookup') {
      const isRegistered = await this.place.find();
      this.course.found(isRegistered);
      return;
    }
    if (this.course.step === 'register' || home === undefined) {
      await this.place.register(this.course.reason);
      this.course.placed(this.place.home?.hub === home?.hub);
      return;
    }
    return this.link.isUp ? this.bell.rung() : this.connect(home);
  }

  private async connect(home: Home): Promise<void> {
    const { pause } = this;
    this.pause = undefined;
    return pause === undefined ? this.link.connect(home) : this.rest(pause);
  }

  /** Registers as it was told, and stays connected to where it is until that has succeeded. */
  private async follow(): Promise<void> {
    const outcome = await this.reprovisioning?.follow((range) => this.rest(range));
    if (outcome === undefined || this.isStopped) return;
    if (outcome.kind === 'moved') {
      this.course.placed();
      this.pause = undefined;
      return this.link.leave();
    }
    this.problem(outcome.error);
    if (outcome.kind === 'refused') return this.tell();
    await this.stayMeanwhile();
    await this.rest(outcome.rest);
  }

  /** The service is away for now: until it is back, the device is where it was. */
  private async stayMeanwhile(): Promise<void> {
    const { home } = this.place;
    if (home === undefined || this.link.isUp) return;
    await this.link.connect(home).catch((error: unknown) => this.problem(error));
  }

  private linkUser(): ConstructorParameters<typeof Link>[2] {
    return {
      events: (home) => this.eventsOf(home),
      connected: (session, home) => {
        this.course.connected();
        this.reports.connected(session);
        this.outbox.connected(session);
        this.options.onConnected?.(home);
        void this.tell();
        this.hasConnected();
      },
      disconnected: () => {
        this.reports.disconnected();
        this.outbox.disconnected();
      },
      lost: (error, lastedMs) => {
        this.problem(error);
        this.pause = this.course.lost(lastedMs);
        this.bell.ring();
      },
    };
  }

  private eventsOf({ hub }: Home): Omit<HubEvents, 'lost'> {
    const { reprovisioning, options } = this;
    const own = reprovisioning !== undefined && !(REPROVISION in options.methods);
    return {
      methods: [...Object.keys(options.methods), ...(own ? [REPROVISION] : [])],
      method: (name, payload) =>
        own && name === REPROVISION
          ? reprovisioning.call(payload, () => this.awake())
          : this.methods.call(name, payload),
      reported: (section) => options.onReported?.(section, this),
      desired: (change) => this.desired.take(hub, change),
      problem: (error) => this.problem(error),
    };
  }

  /** Tells the hub how the device came to it, until the hub has confirmed it. */
  private async tell(): Promise<void> {
    const { unreported } = this.place;
    if (unreported === undefined) return;
    if (await this.reports.add({ provisioning: unreported })) await this.place.told(unreported);
  }

  /** Nothing that it rests for is as urgent as what it has been told. */
  private awake(): void {
    this.waking.abort();
    this.waking = new AbortController();
    this.bell.ring();
  }

  /** Rests for a moment within the range, or until it is told something new. */
  private async rest(range: Range): Promise<void> {
    if (this.isStopped) return;
    const ms = restOf(range, this.effects.random());
    if (ms > 0) await this.effects.rest(ms, AbortSignal.any([this.stopping.signal, this.waking.signal]));
  }

  private problem(error: unknown): void {
    if (!this.isStopped) this.options.onProblem(failureOf(error).message);
  }
}
