import * as pulumi from '@pulumi/pulumi';
import { isObject } from '../spec/fields';
import type { FleetConfig } from './config';
import { shortNameOf } from './config/neighbours';

type Values = Readonly<Record<string, unknown>>;

/** What another stack puts out, as far as moves need it. */
export interface NeighbourOutputs {
  /** Its short name. */
  readonly stack: string;
  readonly hubs: unknown;
  readonly provisioning: unknown;
}

/** What comes into this stack's outputs. */
export interface Neighbourhood {
  readonly hubs: Readonly<Record<string, Values>>;
  readonly provisioningServices: Readonly<Record<string, Values>>;
}

/** Hubs that the neighbour has itself, not those of its own neighbours. */
const ownHubs = ({ hubs }: NeighbourOutputs): [string, Values][] =>
  Object.entries(isObject(hubs) ? hubs : {}).filter(
    (entry): entry is [string, Values] => isObject(entry[1]) && entry[1]['stack'] === undefined,
  );

const hasKey = (values: unknown): boolean => isObject(values) && values['connectionString'] !== undefined;

function problemsOf(own: readonly string[], all: readonly NeighbourOutputs[], keyless: boolean): string[] {
  const owner = new Map(own.map((hub) => [hub, 'this stack']));
  return all.flatMap((each) => {
    const { stack, provisioning } = each;
    const hubs = ownHubs(each);
    const clashes = hubs.flatMap(([hub]) => {
      const other = owner.get(hub);
      owner.set(hub, stack);
      return other === undefined ? [] : [`the hub ${hub} of ${stack} has the name of one of ${other}`];
    });
    const hasKeys = hasKey(provisioning) || hubs.some(([, hub]) => hasKey(hub));
    return [
      ...(hubs.length === 0 ? [`${stack} puts out no hubs`] : []),
      ...clashes,
      ...(keyless && hasKeys ? [`${stack} signs in by keys, which do not belong into this stack's container app`] : []),
    ];
  });
}

/**
 * Puts neighbours' outputs together.
 *
 * @param own     names of this stack's hubs
 * @param keyless whether the outputs go where no key may be
 * @throws pulumi.RunError that lists every problem
 * @example neighbourhoodOf([], [{ stack: 'other', hubs: { east: {} }, provisioning: undefined }], false).hubs // => { east: { stack: 'other' } }
 */
export function neighbourhoodOf(
  own: readonly string[],
  all: readonly NeighbourOutputs[],
  keyless: boolean,
): Neighbourhood {
  const problems = problemsOf(own, all, keyless);
  if (problems.length > 0)
    throw new pulumi.RunError(
      ['groundswell:neighbours does not fit:', ...problems.map((each) => `  ${each}`)].join('\n'),
    );
  const hubs = all.flatMap((each) => ownHubs(each).map(([name, hub]) => [name, { ...hub, stack: each.stack }]));
  const services = all.flatMap(({ stack, provisioning }) => (isObject(provisioning) ? [[stack, provisioning]] : []));
  return {
    hubs: Object.fromEntries(hubs) as Neighbourhood['hubs'],
    provisioningServices: Object.fromEntries(services) as Neighbourhood['provisioningServices'],
  };
}

/**
 * Reads the stacks that the configuration names as neighbours. Nothing of theirs is managed here. What is secret there stays so.
 *
 * @returns undefined where there are none
 */
export function neighboursOf({
  neighbours,
  hubs,
  worker,
}: Pick<FleetConfig, 'neighbours' | 'hubs' | 'worker'>): pulumi.Output<Neighbourhood> | undefined {
  if (neighbours.length === 0) return undefined;
  const read = neighbours.map((name) => {
    const stack = new pulumi.StackReference(name);
    return { stack: shortNameOf(name), hubs: stack.getOutput('hubs'), provisioning: stack.getOutput('provisioning') };
  });
  const keyless = worker?.hosting === 'containerApp';
  return pulumi.all(read).apply((all) => neighbourhoodOf(Object.keys(hubs), all, keyless));
}
