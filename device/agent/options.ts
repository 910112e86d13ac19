import type { OpenHub } from './hub';
import type {
  Credentials,
  DesiredHandler,
  Device,
  GroupKey,
  Home,
  MethodHandler,
  OnceMethod,
  Properties,
  Scope,
} from './types';

/** A device that a provisioning service tells where to go. */
export interface Provisioned {
  readonly registrationId: string;
  /** The service that it was made with. A `reprovision` call may send it to another one in the same domain. */
  readonly provisioning: Scope;
  readonly credentials: Credentials | GroupKey;
  /** Where it keeps what must outlast a loss of power; one file a device. In memory when missing. */
  readonly cacheFile?: string;
}

/** A device that belongs to one hub for good. */
export interface Fixed {
  /** HostName, DeviceId, SharedAccessKey. Never logged. */
  readonly connectionString: string;
}

/** What a device does. */
export interface Doings {
  /** Direct methods by name. Any other method stays unanswered: the hub's caller gets a time-out. */
  readonly methods: Readonly<Record<string, MethodHandler | OnceMethod>>;
  /** Desired properties by name; `*` takes those that no other does. None are taken when missing. */
  readonly desired?: Readonly<Record<string, DesiredHandler>>;
  /** Told the reported section each time the device connects, before any call or change comes. */
  readonly onReported?: (reported: Properties, device: Device) => void;
  /** Told each time it has connected, with what its registration has brought: `payload` again each time. */
  readonly onConnected?: (home: Home) => void;
  /** Told of anything that the agent survives: a lost connection, a refusal, a handler's failure. Holds no secret. */
  readonly onProblem: (problem: string) => void;
  /** Messages that wait at most while the hub is away; the oldest are dropped. @default 1000 */
  readonly telemetryQueue?: number;
  /** The first step after `start` comes at a moment drawn within so many ms: for fleets that get their power back at once. @default 0 */
  readonly startWithinMs?: number;
}

/** What tests and simulators put in the place of the network and of time. */
export interface Effects {
  readonly openHub: OpenHub;
  /** 0 to 1. */
  readonly random: () => number;
  /** Resolves after so many ms, or as soon as the signal is aborted. */
  readonly rest: (ms: number, signal: AbortSignal) => Promise<void>;
}

export type AgentOptions = (Provisioned | Fixed) & Doings;
