import type { Action, JsonObject, MethodAction, MigrateAction, TwinAction } from '../../domain/spec';
import { exactlyOneOf, isObject, json, jsonObject, matching, record, text } from '../fields';
import { migrate } from './migrate';
import { duration } from './units';

const method = record({
  name: text('the name of a direct method').describe(
    'Direct method. A device succeeds when it answers with a status from 200 to 299.',
  ),
  payload: json
    .default(null)
    .meta({ allowed: 'any JSON' })
    .describe('The Azure SDK sends `{}` for `null`, `0`, `false` and the empty text.'),
  // Bounds of the service. Source: IoT Hub error 400004, "must be within [5; 300]".
  responseTimeout: duration('5s', '300s').prefault('30s').describe("How long the hub waits for one device's answer."),
  operationIdField: matching(/^[A-Za-z_$][\w$-]{0,63}$/, 'the name of a field of the payload, up to 64 characters')
    .optional()
    .meta({ allowed: 'a name of up to 64 characters' })
    .describe(
      'Name of a field of the payload that gets an operation id, one a device and attempt. A device that remembers the ids it has done can leave out a repetition, such as after a crash of the worker. The payload must be an object without that field.',
    ),
})
  .refine(({ operationIdField: field, payload }) => field === undefined || (isObject(payload) && !(field in payload)), {
    path: ['operationIdField'],
    error: 'the name of a field that the payload does not have, and a payload that is an object',
  })
  .transform(({ name, payload, responseTimeout, operationIdField }): MethodAction => ({
    kind: 'method',
    name,
    payload,
    responseTimeoutMs: responseTimeout,
    ...(operationIdField !== undefined && { operationIdField }),
  }));

const isEmpty = (value: JsonObject | undefined): boolean => value === undefined || Object.keys(value).length === 0;

const twin = record({
  tags: jsonObject.optional().describe("Merged into the twin's tags; `null` removes. Devices do not see tags."),
  desired: jsonObject.optional().describe("Merged into the twin's desired properties; `null` removes."),
  etag: text("an etag, or '*' for any")
    .default('*')
    .meta({ allowed: "an etag or `'*'`" })
    .describe("With `'*'` other changes of the twin do not matter."),
  confirmWithin: duration('1s', '1d')
    .optional()
    .describe(
      'With it, a device succeeds when it has reported every desired value back, within this time after its batch; without it, when the hub has merged the patch.',
    ),
})
  .refine(({ tags, desired }) => !isEmpty(tags) || !isEmpty(desired), { error: 'tags or desired, or both, not empty' })
  .refine(({ confirmWithin, desired }) => confirmWithin === undefined || !isEmpty(desired), {
    path: ['confirmWithin'],
    error: 'nothing unless desired is given: only desired properties are reported back',
  })
  .transform(({ tags, desired, etag, confirmWithin }): TwinAction => ({
    kind: 'twin',
    etag,
    ...(tags !== undefined && { tags }),
    ...(desired !== undefined && { desired }),
    ...(confirmWithin !== undefined && { confirmWithinMs: confirmWithin }),
  }));

const calls = {
  method: method.optional().describe('Invokes a direct method.'),
  twin: twin.optional().describe("Merges a patch into the device's twin: `tags`, `desired` or both."),
};

/** @throws Error when there is none, which `exactlyOneOf` does not let through */
function present<Found>(found: Found | undefined): Found {
  if (found === undefined) throw new Error('exactlyOneOf lets no empty action through');
  return found;
}

const oneCall = exactlyOneOf('method', 'twin');

/** What one call does to a device, such as in a rollback that has an action of its own. */
export const callAction = record(calls)
  .refine(oneCall.test, oneCall.options)
  .meta(oneCall.meta)
  .transform(({ method: call, twin: patch }): Action => present(call ?? patch));

const one = exactlyOneOf('method', 'twin', 'migrate');

/** What is done to a device in the waves. */
export const action = record({
  ...calls,
  migrate: migrate.optional().describe('Moves the device to another hub, through its provisioning service.'),
})
  .refine(one.test, one.options)
  .meta(one.meta)
  .transform(({ method: call, twin: patch, migrate: move }): Action | MigrateAction => present(call ?? patch ?? move));
