import type { Inputs } from '@pulumi/pulumi';

import { SERVICE_POLICY_NAME, type Attestation, type EnrollmentArgs } from './enrollment';

/** Outputs that are secrets whatever a program declares: keys of devices, and an address with a key in it. */
export const SECRET_OUTPUTS = ['primaryKey', 'secondaryKey', 'webhookUrl'];

/** Version of the webhook's bodies (Azure, iot-dps/concepts-custom-allocation.md). */
const WEBHOOK_API_VERSION = '2021-10-01';

/** What the dynamic provider gets: flat, so that a secret is one whole property and a change shows by its name. */
export const enrollmentInputsOf = ({
  service: { hostName, auth = 'entra', resourceId, keyName = SERVICE_POLICY_NAME },
  attestation,
  reprovisionPolicy,
  allocation,
  hubs,
  initialTwin,
  iotEdge = false,
  enabled = true,
  adopt = false,
}: EnrollmentArgs): Inputs => ({
  serviceHostName: hostName,
  auth,
  serviceResourceId: resourceId,
  ...(auth === 'sas' && { serviceKeyName: keyName }),
  ...attestationInputsOf(attestation),
  reprovisionPolicy,
  ...allocationInputsOf(allocation),
  hubs,
  initialTwin,
  iotEdge,
  enabled,
  adopt,
});

const attestationInputsOf = ({ type, ...rest }: Attestation): Inputs => ({ attestation: type, ...rest });

function allocationInputsOf(allocation: EnrollmentArgs['allocation']): Inputs {
  if (typeof allocation !== 'object') return { allocation };
  const { webhookUrl, apiVersion = WEBHOOK_API_VERSION } = allocation.custom;
  return { allocation: 'custom', webhookUrl, webhookApiVersion: apiVersion };
}
