/** How a device is enrolled; groups ask the allocation webhook. */
export type Enrolled = 'individual' | 'group';
/** What its enrollment does with the twin when it moves. */
export type Policy = 'migrate' | 'reset';

/** A device of a move, and what it has before. */
export interface Mover {
  readonly deviceId: string;
  readonly enrolled: Enrolled;
  readonly policy: Policy;
  readonly tags: Readonly<Record<string, unknown>>;
  readonly desired: Readonly<Record<string, unknown>>;
}

/** Where all devices are at first, where they go, and where bad ones are kept. */
export const HOME = 'west';
export const AWAY = 'east';
export const DPS = 'depot';

/** Twins that enrollments give to new devices. */
export const INITIAL = { tags: { kind: 'mover', born: 'here' }, desired: { mode: 'calm' } } as const;

const POLICIES: readonly Policy[] = ['migrate', 'reset'];
export const groupOf = (policy: Policy): string => `movers-${policy}`;
export const GROUPS = POLICIES.map(groupOf);

/** Half of them enrolled one by one, half by group; of each half one in two under either policy. */
export const moversOf = (count: number): Mover[] =>
  Array.from({ length: count }, (_, index) => ({
    deviceId: `mover-${String(index + 1).padStart(4, '0')}`,
    enrolled: index % 2 === 0 ? 'individual' : 'group',
    policy: POLICIES[(index >> 1) % 2] as Policy, // never past its end
    tags: { ...INITIAL.tags, site: `site-${index % 7}`, nested: { row: index, of: { deep: true } } },
    desired: { ...INITIAL.desired, interval: 30 + index, limits: { high: 80, low: [1, 2, index] } },
  }));

/** What a device's twin must say on the hub that it has moved to. */
export const expectedTwin = ({ policy, tags, desired }: Mover) => (policy === 'migrate' ? { tags, desired } : INITIAL);
