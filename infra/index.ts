import * as authorization from '@pulumi/azure-native/authorization';
import * as resources from '@pulumi/azure-native/resources';
import * as pulumi from '@pulumi/pulumi';

import { FleetRights, FleetRoles, IotHub, LedgerStorage } from './components';
import { readConfig } from './config';
import { principalTypeOf } from './deployer';
import { withholdAnswers } from './withhold-answers';

withholdAnswers();

const { location, protect, hubs: declaredHubs } = readConfig();
const tags = { project: pulumi.getProject(), stack: pulumi.getStack() };

const group = new resources.ResourceGroup('groundswell', { location, tags });
const common = { resourceGroupName: group.name, location, tags };
const deployer = authorization.getClientConfigOutput();

const hubOf = ([name, { sku, units }]: [string, (typeof declaredHubs)[string]]): [string, IotHub] => [
  name,
  new IotHub(`groundswell-${name}`, { ...common, auth: 'sas', sku, units }, { protect }),
];
const ledgerStorage = new LedgerStorage('ledger', common, { protect });
const { containerId: ledgerId, auditContainerId: audit } = ledgerStorage;
const roles = new FleetRoles('roles', {
  resourceGroupId: group.id,
  resourceGroupName: group.name,
  subscriptionId: deployer.subscriptionId,
});
new FleetRights('deployer', {
  principalId: deployer.objectId,
  principalType: deployer.apply(principalTypeOf),
  roles,
  duties: ['rollouts'],
  hubs: {},
  containers: { ledger: ledgerId, audit },
});

/** By logical name: what reaches each hub. The connection strings are secrets. */
export const hubs = Object.fromEntries(
  Object.entries(declaredHubs)
    .map(hubOf)
    .map(([name, { hostName, sku, connectionString }]) => [name, { hostName, sku, connectionString }]),
);

/** Where rollouts keep device-level facts; opened with the Entra ID identity that deployed the stack. */
export const ledger = { blobEndpoint: ledgerStorage.blobEndpoint, container: ledgerStorage.container };
