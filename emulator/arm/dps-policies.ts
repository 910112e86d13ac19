import { newKey } from '../auth/keys';
import type { DpsRight } from '../dps/settings';
import { sharedAccess } from './shared-access';

/** As the documentation orders them (iot-dps/how-to-control-access.md). */
const RIGHTS: readonly DpsRight[] = [
  'ServiceConfig',
  'EnrollmentRead',
  'EnrollmentWrite',
  'DeviceConnect',
  'RegistrationStatusRead',
  'RegistrationStatusWrite',
];

/** The shared access policies of provisioning services: Azure makes one, which may do everything. */
export const dpsPolicies = sharedAccess(RIGHTS, () => [
  { keyName: 'provisioningserviceowner', rights: RIGHTS, primaryKey: newKey(), secondaryKey: newKey() },
]);
