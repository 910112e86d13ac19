/**
 * Prints what a hub holds, as {twins, jobs}. A program of its own, since only a program that is started in the local
 * stack's environment reaches the hub and has its identity. The argument is the hub's host name.
 */
const { DefaultAzureCredential } = require('@azure/identity');
const { JobClient, Registry } = require('azure-iothub');

async function all(query) {
  const rows = [];
  for (let more = true, token; more; token = query.continuationToken, more = query.hasMoreResults) {
    rows.push(...(await query.next(token)).result);
  }
  return rows;
}

async function inspect(hostName) {
  const credential = new DefaultAzureCredential();
  const registry = Registry.fromTokenCredential(hostName, credential);
  const jobs = JobClient.fromTokenCredential(hostName, credential);
  const twins = await all(registry.createQuery('SELECT * FROM devices', 100));
  const listed = await all(jobs.createQuery(undefined, undefined, 100));
  console.log(JSON.stringify({ twins, jobs: listed }));
}

void inspect(process.argv[2]);
