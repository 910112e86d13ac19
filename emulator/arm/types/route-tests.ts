import { z } from 'zod';

import { HubError } from '../../hub/errors';
import type { HubEvent, SystemProperties } from '../../hub/events/event';
import { compileCondition } from '../../hub/routing/condition';
import type { Message } from '../../hub/routing/evaluate';
import { messageOf } from '../../hub/routing/message';
import type { Route } from '../../hub/settings';
import type { JsonObject } from '../../world/json';
import type { ArmContext } from '../context';
import { parseBody } from '../envelope';
import { badDescription } from '../errors';
import { route, routeOf } from '../hub-routing';
import { type ArmRequest, type Handler, ok, type ResourceType } from '../resource-type';
import { hubOf, IOT_HUBS } from './iot-hubs';

const texts = z.record(z.string(), z.string()).nullish();

/** arm-iothub, RoutingMessage and RoutingTwin. */
const sample = {
  message: z.looseObject({ body: z.string().nullish(), appProperties: texts, systemProperties: texts }).nullish(),
  twin: z.looseObject({ tags: z.unknown().optional(), properties: z.unknown().optional() }).nullish(),
};
const testNew = z.looseObject({ ...sample, route });
const testAll = z.looseObject({ ...sample, routingSource: z.string().nullish() });
type Sample = Pick<z.infer<typeof testAll>, 'message' | 'twin'>;

/** The system properties that a device sends, without case and with or without `$`; the rest goes by its own name. */
const SENT: readonly (keyof SystemProperties)[] = [
  'messageId',
  'correlationId',
  'userId',
  'contentType',
  'contentEncoding',
  'creationTimeUtc',
  'interfaceId',
  'componentName',
];

/** The sample as conditions see it. @param now ms since the epoch */
function messageIn({ message, twin }: Sample, now: number): Message {
  const given = Object.entries(message?.systemProperties ?? {}).map(
    ([name, value]) => [name.replace(/^\$/, '').toLowerCase(), value] as const,
  );
  const all = new Map(given);
  const sent = SENT.map((name) => [name, all.get(name.toLowerCase())] as const).filter(
    ([, value]) => value !== undefined,
  );
  const event: HubEvent = {
    source: 'Telemetry',
    deviceId: all.get('connectiondeviceid') ?? '',
    system: Object.fromEntries(sent),
    properties: message?.appProperties ?? {},
    body: Buffer.from(message?.body ?? ''),
  };
  const seen = messageOf(event, now, () => (twin ?? undefined) as JsonObject | undefined); // it came as JSON
  return { ...seen, system: new Map([...seen.system, ...given]) };
}

/** Whether a route takes the message; an unreadable condition is told with its place. */
function resultOf({ condition }: Route, message: Message): object {
  try {
    return { result: compileCondition(condition)(message) ? 'true' : 'false' };
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    const [, line = '1', column = '1'] = /(\d+):(\d+):/.exec(error.message) ?? [];
    const at = { line: Number(line), column: Number(column) };
    const mistake = { message: error.message, severity: 'error', location: { start: at, end: at } };
    return { result: 'undefined', details: { compilationErrors: [mistake] } };
  }
}

/** `POST …/routing/routes/$testnew`. */
const testNewRoute =
  (context: ArmContext): Handler =>
  (request) => {
    const hub = hubOf(context, request);
    if (hub === undefined) return undefined;
    const { route: tried, ...given } = parseBody(testNew, request.body, badDescription);
    return ok(resultOf(routeOf(tried), messageIn(given, context.provisioning.world.clock.now())));
  };

/** `POST …/routing/routes/$testall`: the routes of the hub that take the message. */
const testAllRoutes =
  (context: ArmContext): Handler =>
  (request: ArmRequest) => {
    const hub = hubOf(context, request);
    if (hub === undefined) return undefined;
    const { routingSource, ...given } = parseBody(testAll, request.body, badDescription);
    const wanted = (routingSource ?? 'DeviceMessages').toLowerCase();
    const message = messageIn(given, context.provisioning.world.clock.now());
    const routes = hub.settings.routing.routes.filter(
      ({ source, isEnabled, condition }) =>
        isEnabled && source.toLowerCase() === wanted && compileCondition(condition)(message),
    );
    return ok({ routes: routes.map((properties) => ({ properties })) });
  };

/** Tests of routes against a message that is not sent. */
export const routeTests = (context: ArmContext): ResourceType => ({
  type: `${IOT_HUBS}/routing`,
  actions: { $testnew: testNewRoute(context), $testall: testAllRoutes(context) },
});
