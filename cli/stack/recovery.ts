import { hostname } from 'node:os';
import { CliError, EXIT } from '../output';
import { type PendingOperation, resourceIdOf } from './resource-ids';

/** Runs the pulumi command line on the stack. @returns its stdout */
export type RunPulumi = (...args: string[]) => Promise<string>;

/** What `pulumi stack export` prints, as far as it is read here. */
export interface ExportedStack {
  readonly deployment?: {
    readonly pending_operations?: readonly PendingOperation[] | null;
    readonly resources?: readonly { readonly id?: string }[] | null;
  };
}

/** What is to be done about operations that were under way when a run was killed. */
export interface Settlement {
  readonly urns: readonly string[];
  /** Creations that may have succeeded, and the id that each has if it did. */
  readonly found: readonly (readonly [urn: string, id: string])[];
  /** Creations of which nobody can tell the id. */
  readonly unknown: readonly string[];
}

/** Types that have nothing in Azure: what was not written down was not made. */
const isInternal = (type: string): boolean => type.startsWith('pulumi:') || type.startsWith('groundswell:');

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** An enrollment's id in its service. */
const enrollmentIdOf = ({ type, inputs = {} }: PendingOperation['resource']): string | undefined =>
  type.startsWith('pulumi-nodejs:') ? textOf(inputs['enrollmentGroupId'] ?? inputs['registrationId']) : undefined;

/**
 * @param exported       of the stack
 * @param subscriptionId where none of the stack's resources tells it
 */
export function settlementOf({ deployment }: ExportedStack, subscriptionId: string | undefined): Settlement {
  const pending = deployment?.pending_operations ?? [];
  const known = (deployment?.resources ?? []).map(({ id }) => /^\/subscriptions\/([^/]+)/.exec(id ?? '')?.[1]);
  const subscription = known.find((id) => id !== undefined) ?? subscriptionId ?? '';
  const created = pending.filter(({ type, resource }) => type === 'creating' && !isInternal(resource.type));
  const ids = created.map(
    ({ resource }) => [resource.urn, enrollmentIdOf(resource) ?? resourceIdOf(resource, subscription)] as const,
  );
  return {
    urns: pending.map(({ resource }) => resource.urn),
    found: ids.flatMap(([urn, id]) => (id === undefined ? [] : [[urn, id] as const])),
    unknown: ids.flatMap(([urn, id]) => (id === undefined ? [urn] : [])),
  };
}

/**
 * The engine looks each resource up under its id; what is not there is dropped from the state. All resources are looked
 * up with them: `--target` refuses those that are not in the state yet (pulumi 3.250).
 */
export const refreshArgumentsOf = ({ found }: Settlement): string[] => [
  ...['refresh', '--yes', '--skip-preview', '--clear-pending-creates'],
  ...found.flatMap(([urn, id]) => ['--import-pending-creates', urn, '--import-pending-creates', id]),
];

/**
 * Finds out how the operations ended that a killed run has left behind, so that nothing is made twice.
 *
 * @param say told what is being settled
 * @throws CliError when a creation cannot be looked up
 */
export async function settleInterrupted(
  pulumi: RunPulumi,
  subscriptionId: string | undefined,
  say: (line: string) => void,
): Promise<void> {
  const settlement = settlementOf(JSON.parse(await pulumi('stack', 'export')) as ExportedStack, subscriptionId);
  if (settlement.urns.length === 0) return;
  say(`an earlier run was interrupted; looking up how it ended:\n  ${settlement.urns.join('\n  ')}`);
  if (settlement.unknown.length > 0) {
    throw new CliError(
      EXIT.failed,
      `an earlier run was interrupted while it made what cannot be looked up:\n  ${settlement.unknown.join('\n  ')}`,
      'look in Azure whether each is there, and tell Pulumi: pulumi refresh, in a terminal, asks for each of them',
    );
  }
  await pulumi(...refreshArgumentsOf(settlement));
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
