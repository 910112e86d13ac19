/**
 * A worker of its own process, so that a test may kill it: `slot-worker.cjs ADDRESS QUEUE BUNDLE FOLDER`. Its jobs say in
 * the folder's `log` when they begin and end. Held ones last until the folder has a file of their rollout's name with the
 * number of jobs that may end.
 */
const { heartbeat, sleep } = require('@temporalio/activity');
const { DefaultLogger, NativeConnection, Runtime, Worker } = require('@temporalio/worker');
const { appendFileSync, existsSync, readFileSync } = require('node:fs');
const { join } = require('node:path');
const { createArbiterActivities, createSlots } = require('../../dist/activities/slots.js');

const [address, taskQueue, codePath, folder] = process.argv.slice(2);
const say = (what, id, rolloutId) =>
  appendFileSync(join(folder, 'log'), `${JSON.stringify({ what, id, rolloutId })}\n`);
const letGo = (rolloutId) => {
  const file = join(folder, rolloutId);
  return existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0;
};
const slots = createSlots();

async function granted(use, id) {
  const { hub, rolloutId, priority, of } = use;
  let has = await slots.request(hub, { id, rolloutId, priority, slots: 1, of });
  while (!has) {
    heartbeat();
    await sleep(100);
    has = (await slots.look(hub, id)).granted;
  }
}

async function useSlots(use) {
  const id = `${use.rolloutId}-share`;
  const beating = setInterval(() => heartbeat(), 300);
  try {
    for (let job = 0; job < use.jobs; job += 1) {
      await granted(use, id);
      say('begins', id, use.rolloutId);
      while (use.isHeld && letGo(use.rolloutId) <= job) await sleep(50);
      say('ends', id, use.rolloutId);
      if ((await slots.look(use.hub, id)).contended) await slots.release(use.hub, id);
    }
    await slots.release(use.hub, id);
  } finally {
    clearInterval(beating);
  }
}

async function main() {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const connection = await NativeConnection.connect({ address });
  const worker = await Worker.create({
    connection,
    taskQueue,
    workflowBundle: { codePath },
    activities: { ...createArbiterActivities(), useSlots },
    stickyQueueScheduleToStartTimeout: '1 second',
    maxHeartbeatThrottleInterval: '300 milliseconds',
  });
  const running = worker.run();
  process.stdout.write('ready\n');
  await running;
  await connection.close();
}

void main();
