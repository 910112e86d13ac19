import { Agent, type MethodHandler } from './agent';
import { type Behaviour, behavioursOf, deviceIdsOf, type Shares } from './behaviour';
import { counted } from './calls';
import { delayed, jammed, lockDoor } from './methods';
import { mirror } from './mirror';
import { mapBounded } from './pool';
import { type HubToFill, type Identity, registerDevices } from './registration';

/** TLS handshakes at a time: more would only make each one slower, and a hub admits 100 new connections a second. */
const CONNECTIONS_AT_ONCE = 16;

export interface FleetOptions extends Shares {
  readonly hub: HubToFill;
  readonly count: number;
  readonly prefix: string;
  /** Put on the twins of devices that are registered now. */
  readonly tags: Readonly<Record<string, unknown>>;
  /** How long a device thinks before it answers a direct method. */
  readonly delayMs: number;
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

/** Many reference devices in one process. */
export class Fleet {
  private readonly agents: Agent[] = [];

  constructor(private readonly options: FleetOptions) {}

  /**
   * Registers the devices and connects them.
   *
   * @throws when the hub refuses a registration or a connection; `stop` then closes what was connected
   */
  async start(): Promise<FleetSummary> {
    const { count, prefix, tags, hub, onProgress } = this.options;
    const ids = deviceIdsOf(prefix, count);
    const behaviourOf = behavioursOf(ids, this.options);
    const identities = await registerDevices(hub, ids, tags, (done) => onProgress(`registered ${done} of ${count}`));
    const online = identities.filter(({ deviceId }) => !behaviourOf(deviceId).offline);
    await this.connectAll(online, behaviourOf);
    return {
      devices: count,
      registered: identities.filter(({ added }) => added).length,
      kept: identities.filter(({ added }) => !added).length,
      connected: online.length,
      offline: count - online.length,
      failing: online.filter(({ deviceId }) => behaviourOf(deviceId).fails).length,
    };
  }

  async stop(): Promise<void> {
    await Promise.allSettled(this.agents.map((agent) => agent.stop()));
  }

  private async connectAll(
    identities: readonly Identity[],
    behaviourOf: (deviceId: string) => Behaviour,
  ): Promise<void> {
    let connected = 0;
    await mapBounded(identities, CONNECTIONS_AT_ONCE, async (identity) => {
      await this.connect(identity, behaviourOf(identity.deviceId));
      connected += 1;
      if (connected % 100 === 0 || connected === identities.length) {
        this.options.onProgress(`connected ${connected} of ${identities.length}`);
      }
    });
  }

  private async connect({ deviceId, connectionString }: Identity, behaviour: Behaviour): Promise<void> {
    const agent = new Agent({
      connectionString,
      ...counted({ lockDoor: this.lockDoorOf(behaviour) }),
      desired: { '*': mirror },
      onProblem: (problem) => this.options.onProblem(deviceId, problem),
    });
    this.agents.push(agent);
    await agent.start();
  }

  private lockDoorOf({ fails }: Behaviour): MethodHandler {
    const handler = fails ? jammed : lockDoor;
    return this.options.delayMs > 0 ? delayed(handler, this.options.delayMs) : handler;
  }
}
