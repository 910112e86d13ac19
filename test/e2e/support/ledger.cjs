/**
 * Looks into the ledger, or tampers with it, by the official storage SDK. A program of its own, as inspect-hub.cjs is.
 *
 *   ledger.cjs CONTAINER_URL list PREFIX
 *   ledger.cjs CONTAINER_URL tamper RECORD_TO_FORGE RECORD_TO_DELETE
 */
const { Buffer } = require('node:buffer');
const { randomUUID } = require('node:crypto');
const { AuthorizationManagementClient } = require('@azure/arm-authorization');
const { DefaultAzureCredential } = require('@azure/identity');
const { ContainerClient } = require('@azure/storage-blob');

/** Storage Blob Data Contributor, as in test/support/roles.ts. */
const CONTRIBUTOR = 'ba92f5b4-2d11-453d-a403-e96b0029c9fe';
const endpoint = 'https://management.azure.test';
const credential = new DefaultAzureCredential();

/** Gives the identity of this program every right on all blobs. */
async function takeRights() {
  const subscription = `/subscriptions/${process.env.ARM_SUBSCRIPTION_ID}`;
  const { token } = await credential.getToken(`${endpoint}/.default`);
  const { oid } = JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString());
  const { roleAssignments } = new AuthorizationManagementClient(credential, process.env.ARM_SUBSCRIPTION_ID, {
    endpoint,
  });
  await roleAssignments.create(subscription, randomUUID(), {
    principalId: oid,
    principalType: 'ServicePrincipal',
    roleDefinitionId: `${subscription}/providers/Microsoft.Authorization/roleDefinitions/${CONTRIBUTOR}`,
  });
}

async function list(container, prefix) {
  const names = [];
  for await (const { name } of container.listBlobsFlat({ prefix })) names.push(name);
  return names;
}

/** Turns each success on the record into a failure: still a record that everything can read. */
async function forge(blob) {
  const text = (await blob.downloadToBuffer()).toString();
  const forged = text.replaceAll('"succeeded"', '"failed"');
  if (forged === text) throw new Error(`nothing to forge in ${text}`);
  await blob.upload(forged, Buffer.byteLength(forged));
}

async function tamper(container, forged, deleted) {
  const refused = await container.deleteBlob(deleted).then(
    () => ({ status: 202, code: 'deleted' }),
    ({ statusCode, code }) => ({ status: statusCode, code }),
  );
  await takeRights();
  await forge(container.getBlockBlobClient(forged));
  await container.deleteBlob(deleted);
  return { refused };
}

async function main(url, what, ...names) {
  const container = new ContainerClient(url, credential);
  const said = await (what === 'list' ? list : tamper)(container, ...names);
  console.log(JSON.stringify(said));
}

void main(...process.argv.slice(2));
