import { type Behaviour, behavioursOf, deviceIdsOf, type Shares } from './behaviour';
import { type Admission, admit, type Member } from './members';
import { mapBounded } from '../domain/pool';
import type { HubToFill } from './registration';
import { SimulatedDevice, type SimulationOptions } from './simulated';

/** TLS handshakes at a time: more would only make each one slower, and a hub admits 100 new connections a second. */
const CONNECTIONS_AT_ONCE = 16;
/** Devices that register at a time: each of them mostly waits for its provisioning service, three seconds. */
const REGISTRATIONS_AT_ONCE = 64;

export interface FleetOptions extends Shares, SimulationOptions {
  readonly hub: HubToFill;
  /** @default on the hub itself */
  readonly admission?: Admission | undefined;
  readonly count: number;
  readonly prefix: string;
  /** Put on the twins of devices that are registered now. */
  readonly tags: Readonly<Record<string, unknown>>;
  readonly onProgress: (progress: string) => void;
  readonly onProblem: (deviceId: string, problem: string) => void;
}

/** What a fleet looks like once it is up; the counts are numbers of devices. */
export interface FleetSummary {
  readonly devices: number;
  readonly registered: number;
  readonly kept: number;
  readonly connected: number;
  readonly offline: number;
  readonly failing: number;
}

type BehaviourOf = (deviceId: string) => Behaviour;

/** Many reference devices in one process. */
export class Fleet {
  private readonly devices: SimulatedDevice[] = [];

  constructor(private readonly options: FleetOptions) {}

  /**
   * Registers or enrolls the devices and connects them; those whose hub or provisioning service is away go on trying.
   *
   * @throws when the hub or the provisioning service refuses a device; `stop` then closes what was connected
   */
  async start(): Promise<FleetSummary> {
    const { count, prefix, tags, hub, onProgress, admission = { kind: 'registry' } } = this.options;
    const ids = deviceIdsOf(prefix, count);
    const behaviourOf = behavioursOf(ids, this.options);
    const progress = (done: number): void => onProgress(`registered ${done} of ${count}`);
    const members = await admit(admission, ids, { hub, tags, onProgress: progress });
    const [online, offline] = partition(members, ({ deviceId }) => !behaviourOf(deviceId).offline);
    const atOnce = admission.kind === 'registry' ? CONNECTIONS_AT_ONCE : REGISTRATIONS_AT_ONCE;
    await mapBounded(offline, atOnce, (member) => member.exist());
    await this.connectAll(online, behaviourOf, atOnce);
    return {
      devices: count,
      registered: members.filter(({ added }) => added).length,
      kept: members.filter(({ added }) => !added).length,
      connected: online.length,
      offline: offline.length,
      failing: online.filter(({ deviceId }) => behaviourOf(deviceId).fails).length,
    };
  }

  async stop(): Promise<void> {
    await Promise.allSettled(this.devices.map((device) => device.stop()));
  }

  private async connectAll(members: readonly Member[], behaviourOf: BehaviourOf, atOnce: number): Promise<void> {
    let connected = 0;
    await mapBounded(members, atOnce, async (member) => {
      await this.connect(member, behaviourOf(member.deviceId));
      connected += 1;
      if (connected % 100 === 0 || connected === members.length) {
        this.options.onProgress(`connected ${connected} of ${members.length}`);
      }
    });
  }

  private async connect({ deviceId, identity }: Member, behaviour: Behaviour): Promise<void> {
    const onProblem = (problem: string): void => this.options.onProblem(deviceId, problem);
    const device = new SimulatedDevice(deviceId, identity, behaviour, this.options, onProblem);
    this.devices.push(device);
    await device.start();
  }
}

const partition = <Item>(items: readonly Item[], isFirst: (item: Item) => boolean): [Item[], Item[]] => [
  items.filter(isFirst),
  items.filter((item) => !isFirst(item)),
];
