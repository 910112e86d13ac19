import type { Inspection } from '../../tools';
import { withRollouts } from '../connect';
import { CliError, COMMAND, type Io } from '../output';
import type { Rollouts } from '../rollouts';
import { TASK_QUEUE } from '../../workflows/messages';

/** A worker's poll lasts a minute at most; one that has not polled for longer than this is gone. */
const POLLER_FRESH_MS = 90_000;

async function attributesOf(rollouts: Rollouts): Promise<Inspection> {
  const missing = (await rollouts.missingAttributes()).map(({ name }) => name);
  const known = { name: 'search attributes', needed: 'to list rollouts by state' };
  if (missing.length === 0) return { ...known, status: 'found', note: `in the namespace ${rollouts.where.namespace}` };
  const note = `the namespace ${rollouts.where.namespace} lacks ${missing.join(', ')}: ${COMMAND} search-attributes --register`;
  return { ...known, status: 'absent', note };
}

async function workersOf(rollouts: Rollouts): Promise<Inspection[]> {
  const { seenAt, version } = await rollouts.taskQueue();
  const polls = seenAt !== undefined && Date.now() - seenAt.getTime() < POLLER_FRESH_MS;
  const last = seenAt === undefined ? 'no worker polls' : `the last worker polled at ${seenAt.toISOString()};`;
  return [
    {
      name: 'worker',
      needed: 'for anything to happen',
      ...(polls
        ? { status: 'found', note: `polls the task queue '${TASK_QUEUE}'` }
        : { status: 'absent', note: `${last} the task queue '${TASK_QUEUE}': ${COMMAND} dev, or docs/worker.md` }),
    },
    {
      name: 'worker versions',
      needed: 'to replace workers while rollouts run',
      ...(version === undefined
        ? { status: 'absent', note: 'off, or no version is the current one: docs/worker.md' }
        : { status: 'found', version, note: 'the current version, where new rollouts begin' }),
    },
  ];
}

/**
 * Looks at the Temporal server that the environment names. Nothing of it is `missing`: a machine may be set up before its server.
 */
export async function inspectServer(io: Io): Promise<readonly Inspection[]> {
  const known = { name: 'Temporal server', needed: 'to run rollouts' };
  const found: Inspection[] = [];
  try {
    await withRollouts(io, async (rollouts) => {
      const { address, namespace } = rollouts.where;
      const more = [await attributesOf(rollouts), ...(await workersOf(rollouts))];
      found.push({ ...known, status: 'found', note: `${address}, namespace ${namespace}` }, ...more);
    });
    return found;
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    const { message, next } = error;
    return [{ ...known, status: 'absent', note: [message, ...(next === undefined ? [] : [next])].join('; ') }];
  }
}
