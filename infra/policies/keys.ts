import { at, each, listAt, must, shown, UNKNOWN } from './declared';

/** Policies that can do everything, by the name that Azure gives them. */
const OWNERS = ['iothubowner', 'provisioningserviceowner'];
const HUB_RIGHTS = ['RegistryRead', 'RegistryWrite', 'ServiceConnect', 'DeviceConnect'];
const DPS_RIGHTS = [
  'ServiceConfig',
  'EnrollmentRead',
  'EnrollmentWrite',
  'DeviceConnect',
  'RegistrationStatusRead',
  'RegistrationStatusWrite',
];
/** Azure IoT Hub, "Quotas and throttling": shared access policies of a hub. */
const MAX_POLICIES = 16;

const rightsOf = (policy: unknown): string[] => {
  const rights = at(policy, 'rights');
  return typeof rights === 'string' ? rights.split(',').map((right) => right.trim()) : [];
};

function allRights(props: Readonly<Record<string, unknown>>, all: readonly string[]): (string | undefined)[] {
  return listAt(props, 'properties.authorizationPolicies').map((policy) => {
    const keyName = at(policy, 'keyName');
    const owns = OWNERS.includes(String(keyName)) || all.every((right) => rightsOf(policy).includes(right));
    const field = `properties.authorizationPolicies: ${shown(keyName)}`;
    return owns ? `${field} may do everything, must have just the rights that its user needs` : undefined;
  });
}

/** A hub that declares no policies gets Azure's five, `iothubowner` among them. */
function defaultPolicies(props: Readonly<Record<string, unknown>>): string | undefined {
  const policies = at(props, 'properties.authorizationPolicies');
  if (policies !== undefined || at(props, 'properties.disableLocalAuth') === true) return undefined;
  const field = 'properties.authorizationPolicies: not set';
  return `${field}, which gives the hub iothubowner; must be a list, or properties.disableLocalAuth true`;
}

export const noOwner = each('no-owner-policy', 'No shared access policy may do everything, as iothubowner can.', {
  'azure-native:iothub:IotHubResource': (props) => [defaultPolicies(props), ...allRights(props, HUB_RIGHTS)],
  'azure-native:deviceprovisioningservices:IotDpsResource': (props) => allRights(props, DPS_RIGHTS),
});

export const fewPolicies = each(
  'policy-quota',
  'A hub or provisioning service has at most 16 shared access policies.',
  {
    'azure-native:iothub:IotHubResource': (props) => [tooMany(props)],
    'azure-native:deviceprovisioningservices:IotDpsResource': (props) => [tooMany(props)],
  },
);

function tooMany(props: Readonly<Record<string, unknown>>): string | undefined {
  const { length } = listAt(props, 'properties.authorizationPolicies');
  return length > MAX_POLICIES
    ? `properties.authorizationPolicies: ${length}, must be at most ${MAX_POLICIES}`
    : undefined;
}

const local = (props: Readonly<Record<string, unknown>>) => [must(props, 'disableLocalAuth', true)];

/** A hub may have keys, for a provisioning service links by them; then its policies are judged by the rule above. */
export const keysOff = each('keys-off', 'What Entra ID can open does not open to shared keys.', {
  'azure-native:storage:StorageAccount': (props) => [must(props, 'allowSharedKeyAccess', false)],
  'azure-native:eventhub:Namespace': local,
  'azure-native:signalrservice:SignalR': local,
  'azure-native:applicationinsights:Component': local,
  'azure-native:iothub:IotHubResource': (props) => [...keyEndpoints(props)],
});

/** Endpoints of a hub that are opened with a key in a connection string. */
function* keyEndpoints(props: Readonly<Record<string, unknown>>): Iterable<string | undefined> {
  for (const kind of ['eventHubs', 'storageContainers', 'serviceBusQueues', 'serviceBusTopics']) {
    for (const endpoint of listAt(props, `properties.routing.endpoints.${kind}`))
      yield notIdentity(endpoint, `properties.routing.endpoints.${kind}.${String(at(endpoint, 'name'))}`);
  }
  const upload = at(props, 'properties.storageEndpoints.$default');
  if (upload !== undefined && upload !== UNKNOWN) yield notIdentity(upload, 'properties.storageEndpoints.$default');
}

function notIdentity(endpoint: unknown, path: string): string | undefined {
  const problem = must(endpoint as Readonly<Record<string, unknown>>, 'authenticationType', 'identityBased');
  return problem === undefined ? undefined : `${path}.${problem}`;
}
