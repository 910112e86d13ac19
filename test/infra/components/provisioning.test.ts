import * as pulumi from '@pulumi/pulumi';

import { certificateArgsOf } from '../../../infra/components/enrollment-certificate';
import { enrollmentInputsOf } from '../../../infra/components/enrollment-inputs';
import { dpsArgsOf } from '../../../infra/components/provisioning';
import { PROVISIONING_LINK } from '../../../infra/components/provisioning-link';
import { ReprovisionPolicies } from '../../../infra/components/reprovision-policy';

const common = { resourceGroupName: 'g', location: 'westeurope' };
const hub = (name: string, more: object = {}) => ({
  resourceName: name,
  hostName: `${name}.azure-devices.net`,
  location: 'westeurope',
  ...more,
});

it('links each hub with its weight and part in allocation, by the connection string of its place', () => {
  const hubs = [hub('east', { weight: 3 }), hub('aside', { applyAllocationPolicy: false })];

  expect(dpsArgsOf({ ...common, hubs }, ['link-1', 'link-2'])).toEqual({
    ...common,
    tags: {},
    sku: { name: 'S1', capacity: 1 },
    properties: {
      allocationPolicy: 'Hashed',
      iotHubs: [
        { connectionString: 'link-1', location: 'westeurope', allocationWeight: 3, applyAllocationPolicy: true },
        { connectionString: 'link-2', location: 'westeurope', allocationWeight: 1, applyAllocationPolicy: false },
      ],
    },
  });
});

it('has a policy of its own with shared keys only, which can neither configure the service nor be a device', () => {
  const { properties } = dpsArgsOf({ ...common, hubs: [], auth: 'sas', allocationPolicy: 'geoLatency' }, []);

  expect(properties).toMatchObject({
    allocationPolicy: 'GeoLatency',
    authorizationPolicies: [
      {
        keyName: 'enrollmentsAndRegistrations',
        rights: 'EnrollmentRead, EnrollmentWrite, RegistrationStatusRead, RegistrationStatusWrite',
      },
    ],
  });
});

it('refuses every address but those allowed, in the order that DPS goes by', () => {
  const rules = (allowedIps: string[]) => dpsArgsOf({ ...common, hubs: [], network: { allowedIps } }, []).properties;
  const rest = { filterName: 'rest', ipMask: '0.0.0.0/0', action: 'Reject' };

  expect(rules(['10.0.0.0/8'])).toMatchObject({
    publicNetworkAccess: 'Enabled',
    ipFilterRules: [{ filterName: 'allowed-0', ipMask: '10.0.0.0/8', action: 'Accept' }, rest],
  });
  expect(rules([])).toMatchObject({ publicNetworkAccess: 'Disabled', ipFilterRules: [rest] });
});

it('names all that Azure would refuse, before anything is made', () => {
  const hubs = [hub('east', { weight: 0 }), ...Array.from({ length: 50 }, (_, at) => hub(`hub-${at}`))];

  expect(() => dpsArgsOf({ ...common, hubs, network: { allowedIps: ['x'] } }, [])).toThrow(
    /hubs\[0\]\.weight: 0, must be a whole number from 1 to 1000\n.*hubs: 51, .* 50 at the most\n.*allowedIps: x/,
  );
});

it('gives the link the two rights that DPS needs and no more', () => {
  expect(PROVISIONING_LINK).toEqual({ keyName: 'provisioningLink', rights: 'RegistryWrite, ServiceConnect' });
});

it('knows the reprovision policies by the names that Azure gives them', () => {
  expect(ReprovisionPolicies).toEqual({
    reprovisionAndMigrateData: { updateHubAssignment: true, migrateDeviceData: true },
    reprovisionAndResetToInitialConfig: { updateHubAssignment: true, migrateDeviceData: false },
    never: { updateHubAssignment: false, migrateDeviceData: false },
  });
});

it('vouches for a certificate on upload, or leaves its proof to others', () => {
  const args = { resourceGroupName: 'g', provisioningServiceName: 'd', certificate: 'pem' };

  expect(certificateArgsOf(args).properties).toEqual({ certificate: 'pem', isVerified: true });
  expect(certificateArgsOf({ ...args, verification: 'byPossession' }).properties).toEqual({ certificate: 'pem' });
});

it('hands the provider flat inputs, with defaults that are written out', () => {
  const service = { hostName: 'entry.azure-devices-provisioning.net', resourceId: '/id' };
  const attestation = { type: 'x509', caReference: 'maker' } as const;
  const reprovisionPolicy = ReprovisionPolicies.never;

  expect(enrollmentInputsOf({ service, attestation, reprovisionPolicy })).toEqual({
    serviceHostName: service.hostName,
    serviceResourceId: '/id',
    auth: 'entra',
    attestation: 'x509',
    caReference: 'maker',
    reprovisionPolicy,
    iotEdge: false,
    enabled: true,
    adopt: false,
  });
});

it('makes secrets of keys and of the address of a webhook, also where the program did not', async () => {
  const allocation = { custom: { webhookUrl: 'https://a.example' } };
  const attestation = { type: 'symmetricKey', primaryKey: 'a', secondaryKey: 'b' } as const;
  const service = { hostName: 'h', resourceId: '/id', auth: 'sas' } as const;
  const inputs = enrollmentInputsOf({
    service,
    attestation,
    reprovisionPolicy: ReprovisionPolicies.never,
    allocation,
  });

  for (const name of ['primaryKey', 'secondaryKey', 'webhookUrl']) {
    expect(await pulumi.isSecret(inputs[name] as pulumi.Output<string>)).toBe(true);
  }
  expect(inputs).toMatchObject({
    serviceKeyName: 'enrollmentsAndRegistrations',
    allocation: 'custom',
    webhookApiVersion: '2021-10-01',
  });
});
