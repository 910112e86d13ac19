import type { Output } from '@pulumi/pulumi';

import { connectionStringOf, hubArgsOf } from '../../infra/components/iot-hub';
import { accountArgsOf, writerArgsOf } from '../../infra/components/ledger-storage';
import { principalTypeOf } from '../../infra/deployer';

const common = { resourceGroupName: 'g', location: 'westeurope' };
const ledger = { ...common, writerId: 'object', writerType: 'ServicePrincipal' as const, subscriptionId: 's' };

it('gives a hub one policy, with the three rights that rollouts need and no more', () => {
  expect(hubArgsOf({ ...common, sku: 'S2', units: 3 })).toEqual({
    ...common,
    tags: {},
    sku: { name: 'S2', capacity: 3 },
    properties: {
      minTlsVersion: '1.2',
      authorizationPolicies: [
        { keyName: 'serviceAndRegistryReadWrite', rights: 'RegistryRead, RegistryWrite, ServiceConnect' },
      ],
    },
  });
});

it('makes a connection string that names host, policy and key', () => {
  expect(connectionStringOf('h.azure-devices.net', 'a+b=')).toBe(
    'HostName=h.azure-devices.net;SharedAccessKeyName=serviceAndRegistryReadWrite;SharedAccessKey=a+b=',
  );
});

it('closes the ledger account to keys, the public and old TLS', () => {
  expect(accountArgsOf(ledger)).toMatchObject({
    allowSharedKeyAccess: false,
    allowBlobPublicAccess: false,
    enableHttpsTrafficOnly: true,
    minimumTlsVersion: 'TLS1_2',
  });
});

it('takes who signed in with the Azure CLI for a person, and any other application for a service principal', () => {
  expect(principalTypeOf({ clientId: '04B07795-8ddb-461a-bbee-02f9e1bf7b46' })).toBe('User');
  expect(principalTypeOf({ clientId: 'a8f24e60-1d3b-4c95-b07e-93d5c41f7a00' })).toBe('ServicePrincipal');
});

it('lets the writer contribute blob data to the one scope that it is given', async () => {
  const { roleDefinitionId, ...rest } = writerArgsOf(ledger, '/scope');
  const definition = await new Promise((resolve) => {
    (roleDefinitionId as Output<string>).apply(resolve);
  });

  expect(rest).toEqual({ scope: '/scope', principalId: 'object', principalType: 'ServicePrincipal' });
  expect(definition).toMatch(/^\/subscriptions\/s\/.*\/ba92f5b4-2d11-453d-a403-e96b0029c9fe$/);
});
