import { z } from 'zod';
import { type HubName, hubNameOf } from '../../domain/ids';
import type { CompareRule, MigrateAction, MigrateTrigger } from '../../domain/spec';
import { exactlyOneOf, isObject, jsonObject, listOf, matching, oneOf, record, text } from '../fields';
import { duration } from './units';

/** Fields of the method's payload that the rollout itself fills in. */
const OWN = ['operationId', 'provisioning'] as const;

const method = record({
  name: text('the name of a direct method')
    .default('reprovision')
    .describe('Direct method. The device answers it with a status from 200 to 299 before it leaves.'),
  payload: jsonObject
    .default({})
    .refine((payload) => OWN.every((name) => !(name in payload)), {
      error: `an object without ${OWN.join(' and ')}, which the rollout fills in`,
    })
    .meta({ allowed: 'an object without `operationId` and `provisioning`' })
    .describe(
      'Goes to each device together with an `operationId` and, for another provisioning service, `provisioning: { idScope, endpoint }`.',
    ),
  responseTimeout: duration('5s', '300s').prefault('30s').describe("How long the hub waits for one device's answer."),
  by: oneOf(['direct', 'job'])
    .default('direct')
    .describe('`direct`: calls from the worker. `job`: one hub job a batch, which takes a job slot of the old hub.'),
}).transform(({ name, payload, responseTimeout, by }): MigrateTrigger => ({
  kind: 'method',
  name,
  payload,
  responseTimeoutMs: responseTimeout,
  by,
}));

const only = (what: string) => z.literal(true, { error: 'true' }).optional().describe(what);
const one = exactlyOneOf('method', 'disable', 'wait');

const trigger = record({
  method: method.optional().describe('Invokes a direct method through the old hub.'),
  disable: only('Disables the identity on the old hub: a device that asks its service after a refusal does so now.'),
  wait: only('Nothing is sent: the device asks by itself, such as at its next start.'),
})
  .refine(one.test, one.options)
  .meta(one.meta)
  .transform(({ method: call, disable }): MigrateTrigger => call ?? { kind: disable === true ? 'disable' : 'wait' });

const METHOD: MigrateTrigger = {
  kind: 'method',
  name: 'reprovision',
  payload: {},
  responseTimeoutMs: 30_000,
  by: 'direct',
};

const flag = (standard: boolean) => z.boolean({ error: 'true or false' }).default(standard);

const COMPARED = 'a path such as desired.firmware.url or tags.site';
const path = matching(/^(tags|desired|reported)(\.[^.\s$]+)+$/, COMPARED).meta({ allowed: COMPARED });

const compare = record({
  tags: flag(true).describe('Tags must be the same.'),
  desired: flag(true).describe('Desired properties must be the same.'),
  reported: oneOf(['byPolicy', 'ignore'])
    .default('byPolicy')
    .describe(
      '`byPolicy`: the same where the reprovision policy takes data along, not asked where it resets. `ignore`: never asked.',
    ),
  modules: flag(true).describe('Modules must be there, with the same desired properties.'),
  ignore: listOf(path, 100, 'paths')
    .optional()
    .meta({ without: 'all is compared' })
    .describe('What may differ: paths that begin with `tags.`, `desired.` or `reported.`.'),
}).transform(({ ignore = [], ...rule }): CompareRule => ({ ...rule, ignore }));

const EVERYTHING: CompareRule = { tags: true, desired: true, reported: 'byPolicy', modules: true, ignore: [] };

/** Longest time to arrive of a device that has been told to go. */
const TOLD_MOST_MS = 24 * 3_600_000;

/**
 * Bytes of JSON that the webhook's answer may bring: of 96 KB that a message of DPS may have, less what hub, ids and dates
 * take. Source: azure-docs, includes/iot-dps-limits.md, "Maximum size of message"; what is counted there is published nowhere.
 */
const ANSWER_MOST = 94_000;
/** Bytes of a section of a twin. Source: azure-docs, iot-hub-devguide-device-twins.md, "Device twin size". */
const TWIN_MOST = { tags: 8_192, desired: 32_768 } as const;

const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));
const hasNull = (value: unknown): boolean =>
  isObject(value) && Object.values(value).some((inner) => inner === null || hasNull(inner));

const section = (most: number, what: string) => {
  const allowed = `an object without null, of ${most.toLocaleString('en')} bytes as JSON at most`;
  return jsonObject
    .refine((value) => !hasNull(value) && bytesOf(value) <= most, { error: allowed })
    .optional()
    .meta({ allowed, without: 'none' })
    .describe(what);
};

const initialTwin = record({
  tags: section(TWIN_MOST.tags, 'Tags that the twin starts with.'),
  desired: section(TWIN_MOST.desired, 'Desired properties that the twin starts with.'),
}).refine(({ tags = {}, desired = {} }) => Object.keys(tags).length + Object.keys(desired).length > 0, {
  error: 'tags or desired, or both, not empty',
});

const toOf = (name: string): HubName | 'origin' => (name === 'origin' ? name : hubNameOf(name));

/** A move of devices to another hub, through their provisioning service. */
export const migrate = record({
  to: text('the name of a hub of the stack, or origin')
    .meta({ allowed: 'the name of a hub, or `origin`' })
    .describe(
      "The hub to go to: a key of `hubs` in the stack's outputs. `origin`: the hub that a quarantine has taken the device from.",
    ),
  toQuarantine: z
    .literal(true, { error: 'true' })
    .optional()
    .meta({ without: 'a hub for quarantine is refused' })
    .describe('Says that `to` is a hub which the stack keeps for quarantine, and that this is meant.'),
  provisioning: text("a key of provisioningServices of the stack's outputs")
    .optional()
    .meta({ allowed: 'the name of a provisioning service', without: "the stack's own" })
    .describe(
      "Another provisioning service (a key of `provisioningServices` in the stack's outputs), for a move between tenants. Only with `trigger.method`, since devices must be told.",
    ),
  trigger: trigger
    .optional()
    .meta({ without: '`method: {}`; with `evacuate`, `wait: true`' })
    .describe('How a device is made to ask its provisioning service where it belongs.'),
  arriveWithin: duration('1s', '30d')
    .prefault('10m')
    .describe(
      'From the trigger until the registration names the new hub and the device is connected there; else it is brought home. Above 1d only with `trigger.wait`.',
    ),
  compare: compare
    .optional()
    .meta({ without: 'its own defaults' })
    .describe('What must be the same on the new hub. With `evacuate` nothing is compared.'),
  oldIdentity: oneOf(['leave', 'disable', 'delete'])
    .default('leave')
    .describe('What becomes of an identity that DPS has left on the old hub; one that DPS removes needs nothing.'),
  evacuate: flag(false).describe(
    'The old hub is not asked for anything, such as since it cannot be reached. Needs `target.registered` or a list of devices; twins start from the enrollment, and there is no way back.',
  ),
  payload: jsonObject
    .optional()
    .meta({ allowed: 'an object', without: "the group's own" })
    .describe(
      'Goes to each device of an enrollment group in the answer to its registration, until it has arrived. Devices with an enrollment of their own get none.',
    ),
  initialTwin: initialTwin
    .optional()
    .meta({ without: "the enrollment's own" })
    .describe(
      "What the twin of a group's device starts with on the new hub, in the place of the group's initial twin. Counts under the policy that resets, and at a first registration.",
    ),
})
  .refine(({ payload = {}, initialTwin: start = {} }) => bytesOf({ payload, start }) <= ANSWER_MOST, {
    path: ['payload'],
    error: `an object that has, together with initialTwin, ${ANSWER_MOST.toLocaleString('en')} bytes as JSON at most`,
  })
  .refine(({ provisioning, payload }) => provisioning === undefined || payload === undefined, {
    path: ['payload'],
    error: 'nothing with provisioning: the webhook of the other service does not read what this rollout assigns',
  })
  .refine(({ provisioning, initialTwin: start }) => provisioning === undefined || start === undefined, {
    path: ['initialTwin'],
    error: 'nothing with provisioning: the webhook of the other service does not read what this rollout assigns',
  })
  .refine(({ provisioning, trigger: asked, evacuate }) => provisioning === undefined || told(asked, evacuate), {
    path: ['provisioning'],
    error: 'nothing unless the trigger is a method: devices must be told of the other service',
  })
  .refine(({ provisioning, to }) => provisioning === undefined || to !== 'origin', {
    path: ['provisioning'],
    error: 'nothing with to: origin: a quarantine does not leave the provisioning service',
  })
  .refine(({ evacuate, to }) => !evacuate || to !== 'origin', {
    path: ['to'],
    error: 'the name of a hub: with evacuate nothing is read from the old hub, not even where its devices came from',
  })
  .refine(({ evacuate, trigger: asked }) => !evacuate || asked === undefined || asked.kind === 'wait', {
    path: ['trigger'],
    error: 'wait: true, or nothing: with evacuate the old hub is not asked for anything',
  })
  .refine(({ evacuate, compare: asked }) => !evacuate || asked === undefined, {
    path: ['compare'],
    error: 'nothing with evacuate: the old twins are not read',
  })
  .refine(({ evacuate, oldIdentity }) => !evacuate || oldIdentity === 'leave', {
    path: ['oldIdentity'],
    error: 'leave, or nothing: with evacuate the old hub is not asked for anything',
  })
  .refine(
    ({ arriveWithin, trigger: asked, evacuate }) => arriveWithin <= TOLD_MOST_MS || !told(asked, evacuate, 'disable'),
    { path: ['arriveWithin'], error: 'a duration from 1s to 1d, unless trigger is wait: true' },
  )
  .transform(({ to, arriveWithin, trigger: asked, compare: rule = EVERYTHING, ...rest }): MigrateAction => {
    const { toQuarantine, provisioning, oldIdentity, evacuate, payload, initialTwin: start } = rest;
    return {
      kind: 'migrate',
      to: toOf(to),
      ...(toQuarantine && { toQuarantine }),
      ...(provisioning !== undefined && { provisioning }),
      trigger: asked ?? (evacuate ? { kind: 'wait' } : METHOD),
      arriveWithinMs: arriveWithin,
      compare: rule,
      oldIdentity,
      evacuate,
      ...(payload !== undefined && { payload }),
      ...(start !== undefined && { initialTwin: sectionsOf(start) }),
    };
  });

const sectionsOf = ({ tags, desired }: z.output<typeof initialTwin>): NonNullable<MigrateAction['initialTwin']> => ({
  ...(tags !== undefined && { tags }),
  ...(desired !== undefined && { desired }),
});

/** Whether devices are told to go: by a method, or in another way that counts. */
const told = (asked: MigrateTrigger | undefined, evacuate: boolean, also?: MigrateTrigger['kind']): boolean =>
  asked === undefined ? !evacuate : asked.kind === 'method' || asked.kind === also;
