import * as pulumi from '@pulumi/pulumi';

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
}: EnrollmentArgs): pulumi.Inputs => ({
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

/** Keys are secrets though the program took them for none. */
function attestationInputsOf({ type, ...rest }: Attestation): pulumi.Inputs {
  if (!('primaryKey' in rest || 'secondaryKey' in rest)) return { attestation: type, ...rest };
  return { attestation: type, primaryKey: secretOf(rest.primaryKey), secondaryKey: secretOf(rest.secondaryKey) };
}

function allocationInputsOf(allocation: EnrollmentArgs['allocation']): pulumi.Inputs {
  if (typeof allocation !== 'object') return { allocation };
  const { webhookUrl, apiVersion = WEBHOOK_API_VERSION } = allocation.custom;
  return { allocation: 'custom', webhookUrl: secretOf(webhookUrl), webhookApiVersion: apiVersion };
}

const secretOf = (value: pulumi.Input<string> | undefined): pulumi.Output<string> | undefined =>
  value === undefined ? undefined : pulumi.secret(value);
