/**
 * Prints what a hub holds, as {twins, jobs}. A program of its own, since only a program that is started in the local
 * stack's environment reaches the hub. The connection string comes by stdin.
 */
const { text } = require('node:stream/consumers');
const { JobClient, Registry } = require('azure-iothub');

async function all(query) {
  const rows = [];
  for (let more = true, token; more; token = query.continuationToken, more = query.hasMoreResults) {
    rows.push(...(await query.next(token)).result);
  }
  return rows;
}

async function inspect() {
  const connectionString = (await text(process.stdin)).trim();
  const registry = Registry.fromConnectionString(connectionString);
  const jobs = JobClient.fromConnectionString(connectionString);
  const twins = await all(registry.createQuery('SELECT * FROM devices', 100));
  const listed = await all(jobs.createQuery(undefined, undefined, 100));
  console.log(JSON.stringify({ twins, jobs: listed }));
}

void inspect();
