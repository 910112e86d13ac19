'use strict';
// The program of test/integration/infra/enrollments.test.ts: two hubs, a provisioning service, and the enrollments that
// spec.json in its folder declares. It knows our package by its name, as any other program does.
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const authorization = require('@pulumi/azure-native/authorization');
const iothub = require('@pulumi/azure-native/iothub');
const resources = require('@pulumi/azure-native/resources');
const pulumi = require('@pulumi/pulumi');
const {
  EnrollmentCertificate,
  EnrollmentGroup,
  IndividualEnrollment,
  Provisioning,
  PROVISIONING_LINK,
  ReprovisionPolicies,
  withholdAnswers,
} = require('groundswell/infra/components');

withholdAnswers();

/** Azure's built-in "Device Provisioning Service Data Contributor". */
const DATA_CONTRIBUTOR = 'dfce44e4-17b7-4bd1-a6d1-04996ec95633';
const spec = JSON.parse(readFileSync(join(__dirname, 'spec.json'), 'utf8'));
const keys = new pulumi.Config().requireSecretObject('keys');

const location = 'westeurope';
const { name: resourceGroupName } = new resources.ResourceGroup('fleet', { location });
const hubOf = (name) =>
  new iothub.IotHubResource(name, {
    resourceGroupName,
    location,
    sku: { name: 'S1', capacity: 1 },
    properties: { authorizationPolicies: [PROVISIONING_LINK], minTlsVersion: '1.2' },
  });
const hubs = { east: hubOf('east'), west: hubOf('west') };
const hostNameOf = (name) => hubs[name].properties.hostName;
const linkOf = ([name, hub]) => ({
  resourceName: hub.name,
  hostName: hostNameOf(name),
  location,
  weight: spec.weights?.[name],
});
const provisioning = new Provisioning('entry', {
  resourceGroupName,
  location,
  hubs: Object.entries(hubs).map(linkOf),
  auth: spec.auth,
});

const deployer = authorization.getClientConfigOutput();
const role = new authorization.RoleAssignment('enrolls', {
  scope: provisioning.id,
  principalId: deployer.objectId,
  principalType: 'ServicePrincipal',
  roleDefinitionId: pulumi.interpolate`/subscriptions/${deployer.subscriptionId}/providers/Microsoft.Authorization/roleDefinitions/${DATA_CONTRIBUTOR}`,
});
const ca =
  spec.ca &&
  new EnrollmentCertificate('maker', {
    resourceGroupName,
    provisioningServiceName: provisioning.name,
    certificate: spec.ca,
  });

const attestationOf = (name, { certificate, secondaryCertificate, byCa, ownKeys }) => {
  if (certificate) return { type: 'x509', certificate, secondaryCertificate };
  if (byCa) return { type: 'x509', caReference: ca.name };
  return { type: 'symmetricKey', ...(ownKeys && { primaryKey: keys[name], secondaryKey: keys[name] }) };
};
const argsOf = ([name, { certificate, secondaryCertificate, byCa, ownKeys, policy, hubs: names, ...rest }]) => ({
  ...rest,
  service: provisioning.service,
  attestation: attestationOf(name, { certificate, secondaryCertificate, byCa, ownKeys }),
  reprovisionPolicy: ReprovisionPolicies[policy],
  hubs: names?.map(hostNameOf),
});
const make = (Type, all = {}) =>
  Object.entries(all).map((entry) => new Type(entry[0], argsOf(entry), { dependsOn: role }));
make(EnrollmentGroup, spec.groups);
make(IndividualEnrollment, spec.devices);

module.exports = {
  group: resourceGroupName,
  service: provisioning.name,
  idScope: provisioning.idScope,
  hubs: { east: hostNameOf('east'), west: hostNameOf('west') },
};
