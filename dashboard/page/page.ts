import type { Api } from '../core/api';
import type { PageConfig } from '../core/contract';
import type { FleetStore } from '../core/fleet-store';
import type { Identity } from './sign-in';

/** What every part of the page has at hand. */
export interface Page {
  readonly config: PageConfig;
  readonly api: Api;
  readonly store: FleetStore;
  readonly identity: Identity;
}
