import { isObject, member, type JsonObject } from '../../world/json';
import type { EventSource, HubEvent } from '../events/event';
import { HubError } from '../errors';
import type { Routing } from '../settings';
import { compileCondition, type Condition } from './condition';
import { messageOf } from './message';

/** The endpoint that every hub has. */
export const BUILT_IN = 'events';

/** Sources as the Resource Manager spells them (arm-iothub, KnownRoutingSource). */
const SOURCES: Readonly<Record<string, EventSource>> = {
  devicemessages: 'Telemetry',
  twinchangeevents: 'twinChangeEvents',
  devicelifecycleevents: 'deviceLifecycleEvents',
  deviceconnectionstateevents: 'deviceConnectionStateEvents',
  devicejoblifecycleevents: 'deviceJobLifecycleEvents',
  digitaltwinchangeevents: 'digitalTwinChangeEvents',
};

/** Where an event goes, with what is added to it on the way. */
export interface Delivery {
  readonly endpoint: string;
  readonly event: HubEvent;
}

/** What the router asks of the hub. */
export interface RouterHub {
  readonly name: string;
  readonly routing: () => Routing;
  readonly twinOf: (deviceId: string, moduleId: string | undefined) => JsonObject | undefined;
}

interface CompiledRoute {
  readonly source: EventSource | undefined;
  readonly holds: Condition;
  readonly endpoints: readonly string[];
}

/** Decides where events go (iot-hub/iot-hub-devguide-messages-d2c.md). Routes are compiled when they change. */
export class Router {
  #compiled: { readonly from: Routing; readonly routes: readonly CompiledRoute[] } | undefined;

  constructor(private readonly hub: RouterHub) {}

  /** Whether an enabled route asks for events of this source, or the fallback takes them. */
  wants(source: EventSource): boolean {
    return source === 'Telemetry' || this.#routes().some((route) => route.source === source);
  }

  /** One delivery for each endpoint (by its name in lower case), however many routes lead there. @param now ms */
  deliveries(event: HubEvent, now: number): Delivery[] {
    const { enrichments } = this.hub.routing();
    return this.#endpoints(event, now).map((endpoint) => ({
      endpoint,
      event: enrichments.some(({ endpointNames }) => isAmong(endpoint, endpointNames))
        ? this.#enriched(event, endpoint)
        : event,
    }));
  }

  #endpoints(event: HubEvent, now: number): readonly string[] {
    const routes = this.#routes().filter(({ source }) => source === event.source);
    const fallback = event.source === 'Telemetry' && this.hub.routing().fallbackIsEnabled ? [BUILT_IN] : [];
    if (routes.length === 0) return fallback;
    const message = messageOf(event, now, () => this.hub.twinOf(event.deviceId, event.moduleId));
    const found = new Set(routes.filter(({ holds }) => holds(message)).flatMap(({ endpoints }) => endpoints));
    return found.size > 0 ? [...found] : fallback;
  }

  #routes(): readonly CompiledRoute[] {
    const from = this.hub.routing();
    if (this.#compiled?.from !== from) this.#compiled = { from, routes: compileRoutes(from) };
    return this.#compiled.routes;
  }

  /** With the properties that the hub adds for this endpoint (iot-hub/iot-hub-message-enrichments-overview.md). */
  #enriched(event: HubEvent, endpoint: string): HubEvent {
    const properties = { ...event.properties };
    for (const { key, value, endpointNames } of this.hub.routing().enrichments) {
      const text = isAmong(endpoint, endpointNames) ? this.#enrichment(value, event) : undefined;
      if (text !== undefined) properties[key] = text;
    }
    return { ...event, properties };
  }

  #enrichment(value: string, { deviceId, moduleId }: HubEvent): string | undefined {
    if (value.toLowerCase() === '$iothubname') return this.hub.name;
    if (!/^\$twin\./i.test(value)) return value;
    let found: unknown = this.hub.twinOf(deviceId, moduleId);
    for (const step of value.split('.').slice(1)) found = isObject(found) ? member(found, step) : undefined;
    return found === undefined || typeof found === 'string' ? found : JSON.stringify(found);
  }
}

const isAmong = (endpoint: string, names: readonly string[]): boolean =>
  names.some((name) => name.toLowerCase() === endpoint);

const compileRoutes = ({ routes }: Routing): CompiledRoute[] =>
  routes
    .filter(({ isEnabled }) => isEnabled)
    .map(({ source, condition, endpointNames }) => ({
      source: SOURCES[source.toLowerCase()],
      holds: conditionOf(condition),
      endpoints: endpointNames.map((name) => name.toLowerCase()),
    }));

/** The Resource Manager refuses a condition that cannot be read; should one be here all the same, it takes nothing. */
function conditionOf(text: string): Condition {
  try {
    return compileCondition(text);
  } catch (error) {
    if (error instanceof HubError) return () => false;
    throw error;
  }
}
