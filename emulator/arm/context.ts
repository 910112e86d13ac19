import type { ProvisioningServices } from '../dps/services';
import type { Namespaces } from '../event-hubs/namespaces';
import type { Hubs } from '../hub/hubs';
import type { SignalRServices } from '../signalr/services';
import type { Storage } from '../storage/storage';
import type { Operations } from './operations';
import type { ResourceStore } from './store';

/** What the resource types work on. */
export interface ArmContext {
  readonly hubs: Hubs;
  readonly namespaces: Namespaces;
  readonly provisioning: ProvisioningServices;
  readonly storage: Storage;
  readonly signalr: SignalRServices;
  readonly store: ResourceStore;
  readonly operations: Operations;
  readonly subscriptionId: string;
}
