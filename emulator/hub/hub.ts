import type { Authority } from '../auth/authority';
import { hubHostName } from '../names';
import type { BlobClients } from '../storage/client';
import { Census } from './census';
import { Configurations } from './configurations/configurations';
import { Enforcer } from './configurations/enforcer';
import { Mailboxes } from './c2d/mailboxes';
import type { FeedbackRecord, FileNotification } from './c2d/message';
import { ServiceQueue } from './c2d/service-queue';
import { Readers } from '../event-hubs/amqp/readers';
import { AmqpRefusal } from '../wire/amqp/refusal';
import type { AmqpPeer } from '../wire/amqp/service';
import { Events } from './events/events';
import { Notices } from './events/notices';
import { Uploads } from './files/uploads';
import { KeptSessions } from './mqtt/kept-sessions';
import type { Counters } from '../world/counters';
import type { Faults, Lag } from '../world/faults';
import { MessageQuota } from './throttle/message-quota';
import { Throttle } from './throttle/throttle';
import type { World } from '../world/world';
import type { Clock } from '../world/clock';
import type { Device } from './hub-device';
import { observers } from './observers';
import { Jobs } from './jobs/jobs';
import { JobRecords } from './jobs/records';
import { Pacer } from './jobs/pacer';
import { compileCondition } from './query/evaluate';
import { parseCondition } from './query/parser';
import { Past } from './query/past';
import { pinnedBy, type Documents, type Sources } from './query/run';
import { activeJobsOf, jobOperationsPerSecond } from './quotas';
import { Registry } from './registry';
import type { HubSettings } from './settings';
import { containersIn } from './transfers/containers';
import { Transfers } from './transfers/transfers';
import { twinView } from './views';

/** Named settings that are the emulator's, not Azure's (docs/emulator-parity.md, "Settings"). */
export interface HubOptions {
  /** Paces what jobs do to devices as the SKU does; else they run as fast as they can. */
  readonly throttle: boolean;
}

/** One IoT hub. */
export class Hub {
  readonly hostName: string;
  readonly devices: Registry;
  readonly jobs: Jobs;
  readonly census = new Census();
  readonly configurations: Configurations;
  readonly #enforcer: Enforcer;
  /** Import and export. */
  readonly transfers: Transfers;
  readonly events: Events;
  /** Who reads the built-in endpoint now. */
  readonly readers = new Readers();
  /** Whoever is connected over AMQP. */
  readonly amqpPeers = new Set<AmqpPeer>();
  readonly clock: Clock;
  readonly mailboxes: Mailboxes;
  readonly sessions: KeptSessions;
  /** What became of cloud-to-device messages, for those who asked. */
  readonly feedback: ServiceQueue<FeedbackRecord>;
  readonly fileNotifications: ServiceQueue<FileNotification>;
  readonly authority: Authority;
  readonly faults: Faults;
  readonly counters: Counters;
  readonly throttle: Throttle;
  /** Files that devices are uploading. */
  readonly uploads: Uploads;
  readonly blobs: BlobClients;
  readonly messageQuota: MessageQuota;
  readonly #past: Past;

  #settings: HubSettings;

  /** @param keep keeps settings that replace others */
  constructor(
    readonly name: string,
    settings: HubSettings,
    world: World,
    options: HubOptions,
    private readonly keep: (settings: HubSettings) => void = () => undefined,
  ) {
    this.#settings = settings;
    const { clock, store, authority } = world;
    this.clock = clock;
    this.events = new Events(
      {
        name,
        settings: () => this.settings,
        find: (deviceId, moduleId) =>
          moduleId === undefined ? this.devices.get(deviceId) : this.devices.module(deviceId, moduleId),
      },
      world,
    );
    this.authority = authority;
    this.faults = world.faults;
    this.counters = world.counters;
    this.throttle = new Throttle(clock, () => this.settings.sku, world.counters, options.throttle);
    this.messageQuota = new MessageQuota(clock, () => this.settings.sku, options.throttle);
    this.hostName = hubHostName(name);
    const path = `hubs/${name.toLowerCase()}`;
    this.feedback = new ServiceQueue(world, `${path}/feedback`, () => this.settings.feedback);
    this.fileNotifications = new ServiceQueue(
      world,
      `${path}/fileNotifications`,
      () => this.settings.fileNotifications,
    );
    const report = (record: FeedbackRecord): void => this.feedback.push(record);
    this.mailboxes = new Mailboxes(world, path, () => this.settings.cloudToDevice, report);
    this.#enforcer = new Enforcer(
      () => this.devices,
      () => this.configurations.ranked,
    );
    this.configurations = new Configurations({
      clock,
      store,
      path,
      sku: () => this.settings.sku,
      changed: () => this.#enforcer.sweep(),
    });
    this.sessions = new KeptSessions(store, path);
    this.uploads = new Uploads(store, path, clock);
    this.blobs = world.blobs;
    this.#past = new Past({
      clock,
      lags: () => world.faults.lagsOf('query', { hub: name }),
      isPresent: (device) => this.devices.has(device),
    });
    this.devices = new Registry({
      clock,
      store,
      path,
      sku: () => this.settings.sku,
      mailboxes: this.mailboxes,
      past: this.#past,
      observer: observers([this.census, this.sessions, new Notices(name, clock, this.events), this.#enforcer]),
    });
    if (this.configurations.ranked.length > 0) this.#enforcer.sweep(); // the last one may not have come to its end
    for (const [, device] of this.devices.after(0)) this.census.created(device);
    this.transfers = new Transfers({
      clock,
      store,
      path,
      devices: this.devices,
      configurations: this.configurations,
      containersOf: (spec) => containersIn(world.blobs, spec, this.settings.resourceId),
    });
    const rate = (): number | undefined => (options.throttle ? jobOperationsPerSecond(this.settings.sku) : undefined);
    this.jobs = new Jobs(
      {
        clock,
        pacer: new Pacer(clock, rate),
        resolve: (condition) => this.#matching(condition),
        records: new JobRecords(store, path),
        counters: world.counters,
        isStalled: (deviceId) => world.faults.at('jobs.row', { hub: name, deviceId })?.kind === 'stall',
        find: (deviceId, generationId) => {
          const device = this.devices.get(deviceId);
          return device?.identity.generationId === generationId ? device : undefined;
        },
        isPresent: (device) => this.devices.has(device),
        patchTwin: (device, patch, ifMatch) => this.devices.patchTwin(device, patch, ifMatch),
      },
      () => activeJobsOf(this.settings.sku),
    );
  }

  /** Replaceable at any time: keys, rights and limits take effect with the next request. */
  get settings(): HubSettings {
    return this.#settings;
  }

  set settings(next: HubSettings) {
    this.keep(next);
    this.#settings = next;
  }

  /** What queries read. */
  readonly sources: Sources = {
    devices: (position, pinned) => this.#twins(position, pinned),
    modules: (position) => this.#moduleTwins(position),
    jobRows: (position, pinned) => this.jobs.rows(position, pinned),
  };

  /** What queries read that lag behind: twins as they were; rows of jobs are as they are. */
  sourcesBehind(lag: Lag): Sources {
    return {
      devices: (position, pinned) =>
        this.#past.documents(lag, {
          live: this.#candidates(position, pinned),
          wants: ({ identity, position: at }) =>
            identity.moduleId === undefined && at > position && (pinned?.has(identity.deviceId) ?? true),
        }),
      modules: (position) =>
        this.#past.documents(lag, {
          live: this.devices.modulesAfter(position),
          wants: ({ identity, position: at }) => identity.moduleId !== undefined && at > position,
        }),
      jobRows: (position, pinned) => this.jobs.rows(position, pinned),
    };
  }

  /** Drops every connection, timer and job. */
  async close(): Promise<void> {
    this.jobs.close();
    this.#enforcer.close();
    for (const queue of [this.mailboxes, this.feedback, this.fileNotifications]) queue.close();
    for (const [, device] of this.devices.after(0)) device.link?.close();
    for (const [, module] of this.devices.modulesAfter(0)) module.link?.close();
    await this.transfers.close();
    for (const peer of this.amqpPeers) peer.close(new AmqpRefusal('amqp:connection:forced', 'The hub is closed.'));
    await this.events.close();
  }

  *#matching(condition: string): Iterable<Device> {
    const where = parseCondition(condition);
    const holds = compileCondition(where);
    for (const [, device] of this.#candidates(0, pinnedBy(where, 'deviceid')))
      if (holds(twinView(device))) yield device;
  }

  *#twins(position: number, pinned: ReadonlySet<string> | undefined): Documents {
    for (const [at, device] of this.#candidates(position, pinned)) yield [at, twinView(device)];
  }

  *#moduleTwins(position: number): Documents {
    for (const [at, module] of this.devices.modulesAfter(position)) yield [at, twinView(module)];
  }

  #candidates(position: number, pinned: ReadonlySet<string> | undefined): Iterable<readonly [number, Device]> {
    return pinned === undefined ? this.devices.after(position) : this.devices.among(pinned, position);
  }
}
