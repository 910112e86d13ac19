import { defaultPolicies } from '../hub/policies';
import type { Right } from '../hub/settings';
import { sharedAccess } from './shared-access';

/** In the order in which Azure writes them (arm-iothub, AccessRights). */
const RIGHTS: readonly Right[] = ['RegistryRead', 'RegistryWrite', 'ServiceConnect', 'DeviceConnect'];

/** The shared access policies of hubs. */
export const hubPolicies = sharedAccess(RIGHTS, defaultPolicies);
