import { listOf, matching } from '../../spec/fields';

/** So many fit on a page; each is read at every run. */
const MOST = 10;
const WHAT = 'names of stacks';

const stackName = matching(
  /^[\w.-]+(?:\/[\w.-]+){0,2}$/,
  'a stack by its name, or organization/project/stack, such as organization/groundswell/other',
);

/** What a neighbour is called in the outputs: the last part of its stack's name. */
export const shortNameOf = (stack: string): string => stack.split('/').at(-1) ?? stack;

const shortNames = (stacks: readonly string[]): ReadonlySet<string> => new Set(stacks.map(shortNameOf));

/** Other stacks, whose hubs and provisioning service devices may be moved to and from. */
export const neighbours = listOf(stackName, MOST, WHAT)
  .refine((stacks) => shortNames(stacks).size === stacks.length, { error: `${WHAT} whose last parts differ` })
  .default([]);
