import { at, type Declared, each, listAt, must, ofType, type Rule, shown, UNKNOWN, type Violation } from './declared';

const HUB = 'azure-native:iothub:IotHubResource';
const DPS = 'azure-native:deviceprovisioningservices:IotDpsResource';
const GROUP = 'pulumi-nodejs:dynamic/groundswell:EnrollmentGroup';
const INDIVIDUAL = 'pulumi-nodejs:dynamic/groundswell:IndividualEnrollment';

/** Azure IoT Hub, "Quotas and throttling", "Other limits": hubs of a subscription. */
const MAX_HUBS = 50;
const MAX_FREE_HUBS = 1;
/** iot-dps/about-iot-dps.md, "Quotas and limits". */
const MAX_LINKED = 50;
const MAX_GROUPS = 100;
const MAX_WEIGHT = 1000;

/** iot-hub-scaling.md: Basic has no twins, methods and jobs. `rollouts: off` is the tag of a hub that needs none. */
export const standardHub = each(
  'standard-hub',
  'A hub that rollouts work on is Free or Standard, with units it can have.',
  {
    [HUB]: (props) => [basic(props), freePartitions(props)],
  },
);

function basic(props: Declared['props']): string | undefined {
  const sku = at(props, 'sku.name');
  if (typeof sku !== 'string' || !sku.startsWith('B') || at(props, 'tags.rollouts') === 'off') return undefined;
  return `sku.name: ${shown(sku)} has no twins, methods and jobs, must be F1, S1, S2 or S3 (or the hub has the tag rollouts: off)`;
}

const freePartitions = (props: Declared['props']): string | undefined => {
  const partitions = at(props, 'properties.eventHubEndpoints.events.partitionCount');
  if (at(props, 'sku.name') !== 'F1' || typeof partitions !== 'number' || partitions === 2) return undefined;
  return `properties.eventHubEndpoints.events.partitionCount: ${partitions}, must be 2 on F1`;
};

/** Without a hub that takes part, hashed and geo-latency allocation have nowhere to send a device. */
export const weights = each(
  'allocation-weights',
  'Linked hubs have weights of 1 to 1000, and one at least takes part.',
  {
    [DPS]: (props) => [...weightProblems(props)],
  },
);

function* weightProblems(props: Declared['props']): Iterable<string> {
  const links = listAt(props, 'properties.iotHubs');
  const weightOf = (link: unknown): unknown => at(link, 'allocationWeight') ?? 1;
  for (const weight of links.map(weightOf))
    if (typeof weight === 'number' && !(Number.isInteger(weight) && weight >= 1 && weight <= MAX_WEIGHT))
      yield `properties.iotHubs.allocationWeight: ${weight}, must be 1 to ${MAX_WEIGHT}`;
  if (links.length === 0 || at(props, 'properties.allocationPolicy') === 'Static') return;
  const sum = links
    .filter((link) => at(link, 'applyAllocationPolicy') !== false)
    .reduce<number>((total, link) => total + Number(weightOf(link)), 0);
  if (sum === 0) yield 'properties.iotHubs: weights of the hubs that take part sum to 0, one must take part';
}

/** Whether devices move to another hub, and with which data, is a decision; a default would take it unseen. */
export const reprovision = each(
  'reprovision-stated',
  'Every enrollment says what happens when a device registers again.',
  {
    [GROUP]: (props) => stated(props),
    [INDIVIDUAL]: (props) => stated(props),
  },
);

function stated(props: Declared['props']): (string | undefined)[] {
  const policy = at(props, 'reprovisionPolicy');
  if (policy === UNKNOWN) return [];
  if (policy === undefined)
    return ['reprovisionPolicy: not set, must say updateHubAssignment and migrateDeviceData (ReprovisionPolicies)'];
  return ['updateHubAssignment', 'migrateDeviceData'].map((field) =>
    must(props, `reprovisionPolicy.${field}`, true, false),
  );
}

export const quotas: Rule = {
  name: 'quotas',
  description: 'No more hubs, links and enrollment groups than Azure has room for.',
  check: (declared) => [
    ...over(ofType(declared, HUB), MAX_HUBS, 'hubs, a subscription has'),
    ...over(ofType(declared, HUB).filter(isFree), MAX_FREE_HUBS, 'free hubs, a subscription has'),
    ...over(ofType(declared, GROUP), MAX_GROUPS, 'enrollment groups, a provisioning service has'),
    ...ofType(declared, DPS).flatMap(overLinked),
  ],
};

const isFree = ({ props }: Declared): boolean => at(props, 'sku.name') === 'F1';

/** Names the first one that is too many. */
const over = (found: readonly Declared[], max: number, what: string): Violation[] =>
  found.slice(max, max + 1).map(({ name }) => ({ name, message: `${found.length} ${what} at most ${max}` }));

const overLinked = ({ name, props }: Declared): Violation[] => {
  const { length } = listAt(props, 'properties.iotHubs');
  return length > MAX_LINKED ? [{ name, message: `properties.iotHubs: ${length}, must be at most ${MAX_LINKED}` }] : [];
};
