import type { Hub } from '../../hub/hubs';
import type { ArmContext } from '../context';
import { badDescription, DevicesError } from '../errors';
import { rootIdOf } from '../path';
import { type ArmRequest, type Handler, listOf, ok, type ResourceType } from '../resource-type';
import { hubOf, IOT_HUBS } from './iot-hubs';

const TYPE = `${IOT_HUBS}/eventHubEndpoints/ConsumerGroups`;
const DEFAULT = '$Default';
/** Of the built-in endpoint, beside `$Default` (iot-hub-devguide-quotas-throttling.md); Basic and Standard alike. */
const MAX_GROUPS = 20;

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** Consumer groups of the built-in endpoint `events`: the hub's settings are where they are kept. */
export function consumerGroups(context: ArmContext): ResourceType {
  const shown = ({ path }: ArmRequest, name: string): unknown => ({
    id: `${rootIdOf(path)}/eventHubEndpoints/events/ConsumerGroups/${name}`,
    name,
    type: TYPE,
    properties: { name },
    etag: null,
  });
  const answering =
    (answer: (hub: Hub, name: string, request: ArmRequest) => ReturnType<Handler>): Handler =>
    (request) => {
      const hub = hubOf(context, request);
      const [, endpoint = '', name = ''] = request.path.names;
      if (hub === undefined) return undefined;
      if (same(endpoint, 'events')) return answer(hub, name, request);
      throw new DevicesError(404, '404000', 'NotFound', `The hub has no built-in endpoint '${endpoint}'.`);
    };
  const all = ({ settings }: Hub): string[] => [DEFAULT, ...settings.consumerGroups];
  const find = (hub: Hub, name: string): string | undefined => all(hub).find((one) => same(one, name));
  const replace = (hub: Hub, groups: readonly string[]): void => {
    hub.settings = { ...hub.settings, consumerGroups: groups };
  };
  return {
    type: TYPE,
    get: answering((hub, name, request) => {
      const found = find(hub, name);
      return found === undefined ? undefined : ok(shown(request, found));
    }),
    list: answering((hub, _, request) => listOf(all(hub).map((name) => shown(request, name)))),
    // Azure answers 200 to a new group as well (arm-iothub takes nothing else).
    put: answering((hub, name, request) => {
      const found = find(hub, name);
      if (found !== undefined) return ok(shown(request, found));
      if (!/^[\w.-]{1,50}$/.test(name)) throw badDescription(`'${name}' is no name of a consumer group`);
      if (hub.settings.consumerGroups.length >= MAX_GROUPS)
        throw badDescription(`there are at most ${MAX_GROUPS} consumer groups`);
      replace(hub, [...hub.settings.consumerGroups, name]);
      return ok(shown(request, name));
    }),
    delete: answering((hub, name) => {
      if (same(name, DEFAULT)) throw badDescription(`the consumer group '${DEFAULT}' cannot be deleted`);
      const found = find(hub, name);
      replace(
        hub,
        hub.settings.consumerGroups.filter((one) => one !== found),
      );
      return { status: found === undefined ? 204 : 200 };
    }),
  };
}
