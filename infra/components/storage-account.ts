import { createHash } from 'node:crypto';

import * as storage from '@pulumi/azure-native/storage';

import type { Network } from './network';
import type { Placement } from './placement';

export type Redundancy = 'LRS' | 'ZRS' | 'GRS';

export interface AccountArgs extends Placement {
  /** Copies in one building, in three zones, or also in the paired region. @default 'LRS' */
  readonly redundancy?: Redundancy;
  /** @default open to every address */
  readonly network?: Network;
}

/** Account names are 3 to 24 small letters and digits, and azure-native adds eight (storage-account-overview.md). */
const MAX_NAME = 16;
const HASH = 5;

/** @returns a resource's name from which azure-native makes an account name that Azure takes; a long one ends in a hash */
export function accountNameOf(name: string): string {
  const plain = name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
  if (plain.length <= MAX_NAME) return plain;
  return plain.slice(0, MAX_NAME - HASH) + createHash('sha256').update(name).digest('hex').slice(0, HASH);
}

/** An account that only Entra ID opens: no shared keys, nothing public, nothing but TLS 1.2 and later. */
export const accountArgsOf = ({
  resourceGroupName,
  location,
  redundancy = 'LRS',
  network,
  tags = {},
}: AccountArgs): storage.StorageAccountArgs => ({
  resourceGroupName,
  location,
  tags,
  kind: storage.Kind.StorageV2,
  sku: { name: `Standard_${redundancy}` },
  allowBlobPublicAccess: false,
  allowCrossTenantReplication: false,
  allowSharedKeyAccess: false,
  defaultToOAuthAuthentication: true,
  enableHttpsTrafficOnly: true,
  minimumTlsVersion: storage.MinimumTlsVersion.TLS1_2,
  ...networkOf(network),
});

/** Other services of Azure that sign in keep their way in: `bypass` (storage-network-security.md, "trusted services"). */
const networkOf = (network: Network | undefined): Partial<storage.StorageAccountArgs> =>
  network === undefined
    ? {}
    : {
        publicNetworkAccess: network.allowedIps.length === 0 ? 'Disabled' : 'Enabled',
        networkRuleSet: {
          bypass: storage.Bypass.AzureServices,
          defaultAction: storage.DefaultAction.Deny,
          ipRules: network.allowedIps.map((range) => ({ action: storage.Action.Allow, iPAddressOrRange: range })),
        },
      };
