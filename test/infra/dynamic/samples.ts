import type { EnrollmentInputs, EnrollmentState } from '../../../infra/dynamic/inputs';

/** A group as a program declares it. */
export const GROUP: EnrollmentInputs = {
  kind: 'group',
  enrollmentGroupId: 'pumps',
  serviceHostName: 'entry.azure-devices-provisioning.net',
  auth: 'entra',
  attestation: 'symmetricKey',
  iotEdge: false,
  reprovisionPolicy: { updateHubAssignment: true, migrateDeviceData: true },
  enabled: true,
  adopt: false,
};

export const stateOf = (inputs: EnrollmentInputs, etag = '"1"'): EnrollmentState => ({ ...inputs, etag });

/** A copy that lacks a member. */
export const without = <T extends object, K extends keyof T & string>(value: T, key: K): Omit<T, K> =>
  Object.fromEntries(Object.entries(value).filter(([name]) => name !== key)) as Omit<T, K>;

/** An individual enrollment. */
export const DEVICE: EnrollmentInputs = {
  ...without(GROUP, 'enrollmentGroupId'),
  kind: 'individual',
  registrationId: 'door-1',
};
