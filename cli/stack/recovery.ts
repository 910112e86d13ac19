import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { CliError, EXIT } from '../output';
import { type PendingOperation, resourceIdOf } from './resource-ids';

/** Runs the pulumi command line on the stack. @returns its stdout */
export type RunPulumi = (...args: string[]) => Promise<string>;

type Resource = PendingOperation['resource'];

/** What `pulumi stack export` prints, as far as it is read here; the rest of it goes back as it came. */
export interface ExportedStack {
  readonly deployment?: {
    readonly pending_operations?: readonly PendingOperation[] | null;
    readonly resources?: readonly (Pick<Resource, 'urn'> & { readonly id?: string })[] | null;
  };
}

/** What is to be done about operations that were under way when a run was killed. */
export interface Settlement {
  readonly urns: readonly string[];
  /** Creations that may have succeeded, as the state would know each if it did. */
  readonly adopted: readonly (Resource & { readonly id: string })[];
  /** Creations of which nobody can tell the id, and replacements: the state knows another resource of that name. */
  readonly unknown: readonly string[];
}

/** Types that have nothing in Azure: what was not written down was not made. */
const isInternal = (type: string): boolean => type.startsWith('pulumi:') || type.startsWith('groundswell:');

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

const isDynamic = ({ type }: Resource): boolean => type.startsWith('pulumi-nodejs:');

/** An enrollment's id in its service. */
const enrollmentIdOf = ({ inputs = {} }: Resource): string | undefined =>
  textOf(inputs['enrollmentGroupId'] ?? inputs['registrationId']);

/** A dynamic provider is found in the resource's own outputs; any other one reads by the id alone, as for an import. */
const adoptedAs = (resource: Resource, id: string) => ({
  ...resource,
  id,
  ...(isDynamic(resource) && { outputs: resource.inputs }),
});

/**
 * @param exported       of the stack
 * @param subscriptionId where none of the stack's resources tells it
 */
export function settlementOf({ deployment }: ExportedStack, subscriptionId: string | undefined): Settlement {
  const pending = deployment?.pending_operations ?? [];
  const resources = deployment?.resources ?? [];
  const ids = resources.map(({ id }) => /^\/subscriptions\/([^/]+)/.exec(id ?? '')?.[1]);
  const subscription = ids.find((id) => id !== undefined) ?? subscriptionId ?? '';
  const known = new Set(resources.map(({ urn }) => urn));
  const created = pending
    .filter(({ type, resource }) => type === 'creating' && !isInternal(resource.type))
    .map(({ resource }) => {
      const id = isDynamic(resource) ? enrollmentIdOf(resource) : resourceIdOf(resource, subscription);
      return { resource, id: known.has(resource.urn) ? undefined : id };
    });
  return {
    urns: pending.map(({ resource }) => resource.urn),
    adopted: created.flatMap(({ resource, id }) => (id === undefined ? [] : [adoptedAs(resource, id)])),
    unknown: created.flatMap(({ resource, id }) => (id === undefined ? [resource.urn] : [])),
  };
}

/** The stack as if every creation had succeeded. */
export const settled = (stack: ExportedStack, { adopted }: Settlement): ExportedStack => ({
  ...stack,
  deployment: {
    ...stack.deployment,
    resources: [...(stack.deployment?.resources ?? []), ...adopted],
    pending_operations: [],
  },
});

/** Secrets in an exported stack are encrypted; the folder is this user's alone all the same. */
async function importStack(pulumi: RunPulumi, stack: ExportedStack): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'groundswell-stack-'));
  try {
    const file = join(folder, 'stack.json');
    await writeFile(file, JSON.stringify(stack), { mode: 0o600 });
    await pulumi('stack', 'import', '--file', file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Finds out how the operations ended that a killed run has left behind, so that nothing is made twice: creations are
 * written down as if they had succeeded, and a refresh takes out again what is not there. Pulumi's own way, `refresh
 * --import-pending-creates`, forgets them instead (pulumi 3.250: the engine reads no pending operation but `creating`).
 *
 * @param say told what is being settled
 * @throws CliError when a creation cannot be looked up
 */
export async function settleInterrupted(
  pulumi: RunPulumi,
  subscriptionId: string | undefined,
  say: (line: string) => void,
): Promise<void> {
  const stack = JSON.parse(await pulumi('stack', 'export')) as ExportedStack;
  const settlement = settlementOf(stack, subscriptionId);
  if (settlement.urns.length === 0) return;
  say(`an earlier run was interrupted; looking up how it ended:\n  ${settlement.urns.join('\n  ')}`);
  if (settlement.unknown.length > 0) {
    throw new CliError(
      EXIT.failed,
      `an earlier run was interrupted while it made what cannot be looked up:\n  ${settlement.unknown.join('\n  ')}`,
      'look in Azure whether each is there, delete what is, and have Pulumi forget them: pulumi refresh --clear-pending-creates',
    );
  }
  await importStack(pulumi, settled(stack, settlement));
  await pulumi('refresh', '--yes', '--skip-preview');
}

interface Lock {
  readonly user: string;
  readonly host: string;
  readonly pid: number;
  readonly since: string;
}

const LOCK = /created by (\S+)@(\S+) \(pid (\d+)\) at (\S+)/g;

/** The locks that pulumi names when it finds a stack of a file, S3 or similar backend locked. */
export const locksIn = (message: string): Lock[] =>
  [...message.matchAll(LOCK)].map(([, user = '', host = '', pid = '', since = '']) => ({
    user,
    host,
    pid: Number(pid),
    since,
  }));

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // somebody else's process
  }
}

/** Whether the process that took a lock is known to be gone. */
const isStale = ({ host, pid }: Lock): boolean => host === hostname() && !isAlive(pid);

/**
 * Runs an operation on the stack; when a run that is no more has left it locked, lifts the lock and runs it again.
 *
 * @throws CliError that says who holds the lock, when that cannot be known to be over
 */
export async function unlocking<Result>(
  pulumi: RunPulumi,
  say: (line: string) => void,
  run: () => Promise<Result>,
): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    const locks = locksIn(error instanceof Error ? error.message : '');
    if (locks.length === 0) throw error;
    const held = locks.filter((lock) => !isStale(lock));
    if (held.length > 0) throw lockedError(held, error);
    say('an earlier run was killed and left the stack locked; lifting the lock');
    await pulumi('cancel', '--yes');
    return run();
  }
}

const lockedError = (held: readonly Lock[], cause: unknown): CliError =>
  new CliError(
    EXIT.failed,
    `another run has locked the stack: ${held.map(({ user, host, pid, since }) => `${user}@${host}, process ${pid}, since ${since}`).join('; ')}`,
    'wait until it has ended; if you know that it has, lift the lock with `pulumi cancel`',
    { cause },
  );
