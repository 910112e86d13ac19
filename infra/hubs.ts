import { IotHub, type IotHubArgs, type Telemetry } from './components';
import type { FleetConfig, HubConfig } from './config';
import type { Foundation } from './foundation';
import { HUB_PREFIX } from './losses';

/** Whether devices can be assigned to a hub: then it keeps the one policy that the provisioning service signs in with. */
export const isLinked = (name: string, { provisioning }: Pick<FleetConfig, 'provisioning'>): boolean =>
  provisioning !== undefined && (provisioning.hubs?.includes(name) ?? true);

/** All messages of devices go to the telemetry's event hub where there is one, else to the built-in endpoint. */
const routingOf = (
  name: string,
  telemetry: Telemetry | undefined,
): Pick<IotHubArgs, 'identityId' | 'endpoints' | 'routes' | 'enrichments'> =>
  telemetry === undefined
    ? {}
    : {
        identityId: telemetry.senderId,
        endpoints: [telemetry.endpoint],
        routes: [{ name: 'telemetry', endpoint: telemetry.endpoint.name }],
        // The stack's own name of the hub, which rollouts and pages know; its name in Azure has a random end.
        enrichments: [{ key: 'hub', value: name, endpoint: telemetry.endpoint.name }],
      };

function hubArgsOf(
  name: string,
  hub: HubConfig,
  config: FleetConfig,
  { common }: Pick<Foundation, 'common'>,
  telemetry: Telemetry | undefined,
): IotHubArgs {
  const { sku, units, location = common.location, partitions, retentionDays, consumerGroups, network } = hub;
  return {
    ...common,
    location,
    sku,
    units,
    partitions,
    retentionDays,
    consumerGroups,
    auth: config.auth,
    linked: isLinked(name, config),
    ...(network && { network }),
    ...routingOf(name, telemetry),
  };
}

/** @returns the hubs by their names in the configuration */
export const hubsOf = (
  config: FleetConfig,
  foundation: Foundation,
  telemetry: Telemetry | undefined,
): Record<string, IotHub> =>
  Object.fromEntries(
    Object.entries(config.hubs).map(([name, hub]) => [
      name,
      new IotHub(`${HUB_PREFIX}${name}`, hubArgsOf(name, hub, config, foundation, telemetry), foundation.kept),
    ]),
  );
