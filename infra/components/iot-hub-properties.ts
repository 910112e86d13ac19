import * as iothub from '@pulumi/azure-native/iothub';
import * as pulumi from '@pulumi/pulumi';

import { type HubEndpoint, type HubRoute, type IotHubArgs, SERVICE_POLICY } from './iot-hub-args';
import { hubProblems } from './iot-hub-problems';
import type { Network } from './network';
import { PROVISIONING_LINK } from './provisioning-link';

type Properties = Extract<NonNullable<iothub.IotHubResourceArgs['properties']>, { routing?: unknown }>;
type EndpointOf<Kind> = Extract<HubEndpoint, { kind: Kind }>;

interface Policy {
  readonly keyName: string;
  readonly rights: iothub.AccessRights;
}

/**
 * The hub as azure-native takes it.
 *
 * @throws pulumi.RunError that lists every problem of the args
 */
export function hubArgsOf(args: IotHubArgs): iothub.IotHubResourceArgs {
  const problems = hubProblems(args);
  if (problems.length > 0) throw new pulumi.RunError(`An IoT hub cannot be made so:\n${problems.join('\n')}`);
  const { resourceGroupName, location, sku = 'S1', units = 1, identityId } = args;
  return {
    resourceGroupName,
    location,
    tags: tagsOf(args),
    sku: { name: sku, capacity: units },
    ...(identityId !== undefined && {
      identity: { type: iothub.ResourceIdentityType.UserAssigned, userAssignedIdentities: [identityId] },
    }),
    properties: propertiesOf(args),
  };
}

/** The tag by which the policy pack knows a hub that may be Basic (infra/policies/rules.ts). */
const tagsOf = ({ tags = {}, rollouts = true }: IotHubArgs): IotHubArgs['tags'] =>
  rollouts ? tags : pulumi.output(tags).apply((given) => ({ ...given, rollouts: 'off' }));

/** Least privilege, and no TLS below 1.2. */
const propertiesOf = (args: IotHubArgs): iothub.IotHubResourceArgs['properties'] => ({
  authorizationPolicies: policiesOf(args),
  disableLocalAuth: args.auth !== 'sas' && args.linked !== true,
  minTlsVersion: '1.2',
  eventHubEndpoints: {
    events: {
      partitionCount: args.partitions ?? (args.sku === 'F1' ? 2 : 4),
      retentionTimeInDays: args.retentionDays ?? 1,
    },
  },
  routing: routingOf(args),
  ...uploadOf(args),
  ...networkOf(args.network),
});

/** Jobs, methods and twins need ServiceConnect, identities the registry's rights (Azure IoT Hub, "Control access"). */
const policiesOf = ({ auth, linked }: IotHubArgs): Policy[] => [
  ...(auth === 'sas'
    ? [{ keyName: SERVICE_POLICY, rights: iothub.AccessRights.RegistryRead_RegistryWrite_ServiceConnect }]
    : []),
  ...(linked ? [PROVISIONING_LINK] : []),
];

const routingOf = (args: IotHubArgs): Properties['routing'] => ({
  endpoints: {
    eventHubs: (args.endpoints ?? []).filter(isEventHub).map((endpoint) => eventHubOf(endpoint, args)),
    storageContainers: (args.endpoints ?? []).filter(isStorage).map((endpoint) => storageOf(endpoint, args)),
  },
  routes: (args.routes ?? []).map(routeOf),
  ...(args.enrichments && {
    enrichments: args.enrichments.map(({ key, value, endpoint }) => ({ key, value, endpointNames: [endpoint] })),
  }),
  fallbackRoute: {
    name: '$fallback',
    source: iothub.RoutingSource.DeviceMessages,
    condition: 'true',
    endpointNames: ['events'],
    isEnabled: args.fallbackRoute ?? true,
  },
});

const isEventHub = (endpoint: HubEndpoint) => endpoint.kind === 'eventHub';
const isStorage = (endpoint: HubEndpoint) => endpoint.kind === 'storage';

const signIn = ({ identityId }: IotHubArgs) => ({
  authenticationType: iothub.AuthenticationType.IdentityBased,
  ...(identityId !== undefined && { identity: { userAssignedIdentity: identityId } }),
});

const eventHubOf = ({ name, endpointUri, entityPath }: EndpointOf<'eventHub'>, args: IotHubArgs) => ({
  name,
  endpointUri,
  entityPath,
  ...signIn(args),
});

/** JSON, because Avro, which is Azure's default, keeps the body as bytes that nobody can read in a browser. */
const storageOf = ({ name, endpointUri, containerName, ...rest }: EndpointOf<'storage'>, args: IotHubArgs) => ({
  name,
  endpointUri,
  containerName,
  encoding: 'JSON',
  fileNameFormat: '{iothub}/{partition}/{YYYY}/{MM}/{DD}/{HH}/{mm}',
  batchFrequencyInSeconds: rest.batchFrequencyInSeconds ?? 300,
  ...signIn(args),
});

const routeOf = ({ name, source = 'DeviceMessages', condition = 'true', endpoint }: HubRoute) => ({
  name,
  source,
  condition,
  endpointNames: [endpoint],
  isEnabled: true,
});

/** iot-hub-configure-file-upload.md: with an identity the connection string names the account and has no key. */
const uploadOf = ({ fileUpload, ...args }: IotHubArgs): Partial<Properties> =>
  fileUpload === undefined
    ? {}
    : {
        enableFileUploadNotifications: true,
        storageEndpoints: {
          $default: {
            connectionString: pulumi.interpolate`DefaultEndpointsProtocol=https;AccountName=${fileUpload.accountName};EndpointSuffix=core.windows.net`,
            containerName: fileUpload.containerName,
            sasTtlAsIso8601: `PT${fileUpload.sasTtlMinutes ?? 60}M`,
            ...signIn(args),
          },
        },
      };

const networkOf = (network: Network | undefined): Partial<Properties> =>
  network === undefined
    ? {}
    : {
        publicNetworkAccess: network.allowedIps.length === 0 ? 'Disabled' : 'Enabled',
        networkRuleSets: {
          applyToBuiltInEventHubEndpoint: true,
          defaultAction: iothub.DefaultAction.Deny,
          ipRules: network.allowedIps.map((ipMask, at) => ({ filterName: `allowed-${at}`, action: 'Allow', ipMask })),
        },
      };
