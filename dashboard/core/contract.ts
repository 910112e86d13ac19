import type { ArbiterState } from '../../domain/arbiter';
import type { ListedRollout } from '../../domain/listed';
import type { Command } from '../../domain/machine';
import type { RolloutState } from '../../domain/progress';
import type { ShareProgress } from '../../domain/share';
import type { DeviceView } from '../../telemetry/view';

/** Path of the page's settings, beside index.html. */
export const CONFIG_FILE = 'config.json';

/** How a caller shows who it is. */
export type SignIn =
  /** Nobody is asked: only for hosts that ask for nothing. */
  | { readonly kind: 'none' }
  /**
   * The host prints an address that ends with `#token=...`; the page sends it as a bearer token. A token in config.json
   * would be anybody's on the machine.
   */
  | { readonly kind: 'local' }
  /** Microsoft Entra ID, redirect flow. */
  | {
      readonly kind: 'entra';
      readonly clientId: string;
      /** `https://login.microsoftonline.com/<tenant>`. */
      readonly authority: string;
      /** Asked for, for the functions and for the API of rollouts: `api://<id>/.default`. */
      readonly scopes: { readonly functions?: string; readonly rollouts?: string };
    };

/** What config.json holds. */
export interface PageConfig {
  /** Of the functions, without `/api`: `https://<app>.azurewebsites.net`. */
  readonly functionsUrl: string;
  /** Of SignalR: `https://<name>.service.signalr.net`. The page may connect to this and to no other. */
  readonly liveUrl: string;
  /** Of the API of rollouts, without `/api`. Missing: the page shows devices only. */
  readonly rolloutsUrl?: string;
  /** A device counts as online while its last message is at most so old. */
  readonly onlineWithinSeconds: number;
  readonly signIn: SignIn;
}

/** Method of the client that takes device states. Its one argument: an array of DeviceView. */
export const LIVE_TARGET = 'deviceStates';

/** `GET {functions}/api/getdevicestate?site=&after=`. */
export interface DevicesAnswer {
  readonly devices: readonly DeviceView[];
  readonly after?: string;
}

/** Roles of the API of rollouts. Source: the app registration that infra/ makes. */
export const READ_ROLE = 'Rollouts.Read';
export const CONTROL_ROLE = 'Rollouts.Control';

/** `GET {rollouts}/api/me`: who the token is of. */
export interface Me {
  readonly name: string;
  readonly roles: readonly string[];
}

/** `GET {rollouts}/api/rollouts`, newest first. */
export interface RolloutsAnswer {
  readonly rollouts: readonly ListedRollout[];
}

/** `GET {rollouts}/api/rollouts/:id`: what `groundswell rollout status --json` prints, with the arbiters of its hubs. */
export interface RolloutAnswer {
  readonly rolloutId: string;
  readonly execution: string;
  readonly startedAt: string;
  readonly closedAt?: string;
  /** Missing when no worker answers. */
  readonly state?: RolloutState;
  /** Why `state` is missing. */
  readonly unanswered?: string;
  readonly beats: readonly ShareProgress[];
  readonly retries: readonly { readonly activity: string; readonly attempt: number; readonly lastFailure: string }[];
  readonly failure?: string;
  /** Of the hubs that have one: who holds their job slots. */
  readonly arbiters: readonly ArbiterState[];
}

/** What a person may ask of a rollout on the page. */
export const CONTROLS = ['approve', 'pause', 'resume', 'abort'] as const satisfies readonly Command[];
export type Control = (typeof CONTROLS)[number];

/** `POST {rollouts}/api/rollouts/:id/{approve,pause,resume,abort}`; answered with a RolloutAnswer's `state`, or 409 with the reason. */
export interface ControlOrder {
  readonly reason: string;
  /** How many decisions the person had seen: an approval meant for an earlier moment is refused. */
  readonly seen?: number;
}

/** Body of an answer that is no success. */
export interface ErrorAnswer {
  readonly error: {
    readonly code: string;
    readonly message: string;
    /** What to do next. */
    readonly advice?: string;
  };
}
