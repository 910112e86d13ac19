import { z } from 'zod';
import { deviceIdOf, type HubName, hubNameOf } from '../../domain/ids';
import type { JoiningRule, Target } from '../../domain/spec';
import { exactlyOneOf, listOf, record, text } from '../fields';
import { condition, deviceId, duration } from './units';

export const MOST_DEVICES = 10_000;

const joining = record({
  for: duration('1m', '90d').describe('How long after the last planned wave late joiners are still taken.'),
  every: duration('1m', '1d').prefault('15m').describe('How often the hubs are asked for them.'),
})
  .refine(({ for: span, every }) => every <= span, { path: ['every'], error: 'a duration not longer than `for`' })
  .transform((rule): JoiningRule => ({ forMs: rule.for, everyMs: rule.every }));

const one = exactlyOneOf('where', 'devices', 'devicesFile', 'registered');

/** A target whose ids lie in a file that somebody has still to read. */
interface FileTarget {
  readonly kind: 'file';
  readonly hubs: readonly HubName[];
  readonly done?: string;
  readonly path: string;
}

export const target = record({
  hubs: listOf(text('the name of a hub of the stack'), 50, 'hub names').describe(
    "Logical names: the keys of `hubs` in the stack's outputs.",
  ),
  where: condition
    .optional()
    .describe(
      "Devices for which this condition of IoT Hub's query language holds, such as `tags.building = 43`; `'*'` for all. Asked once, when the rollout is planned.",
    ),
  devices: listOf(deviceId, MOST_DEVICES, 'device ids')
    .optional()
    .describe('These devices. Each must exist on one of the hubs; on every hub that has it, it is meant.'),
  devicesFile: text('the path of a file with a device id on each line')
    .optional()
    .describe(
      `The devices named in this file: one id a line, at most 10,000, empty lines and lines that begin with \`# \` left out. The path is relative to the spec; the command line reads it, and the ids become part of the rollout.`,
    ),
  registered: z
    .literal(true, { error: 'true' })
    .optional()
    .describe(
      'All devices that the provisioning service has assigned to these hubs: the hubs are not asked, so that it also works where one cannot be reached. Only for `action.migrate`.',
    ),
  done: condition
    .optional()
    .describe(
      'Devices for which this condition holds are where the rollout wants them already: they are skipped, by name. For a twin action those whose twin has the patch already are skipped without it.',
    ),
  joining: joining
    .optional()
    .describe(
      'Continuous membership: devices that come to match `where` later get waves of their own, with the same gates.',
    ),
})
  .refine(one.test, one.options)
  .meta(one.meta)
  .refine(({ joining: rule, where }) => rule === undefined || where !== undefined, {
    path: ['joining'],
    error: 'nothing unless where is given: a list of devices never grows',
  })
  .transform(({ hubs: names, where, devices, devicesFile, registered, done, joining: rule }): Target | FileTarget => {
    const common = { hubs: names.map(hubNameOf), ...(done !== undefined && { done }) };
    if (devices !== undefined) return { kind: 'devices', ...common, devices: devices.map(deviceIdOf) };
    if (devicesFile !== undefined) return { kind: 'file', ...common, path: devicesFile };
    if (registered) return { kind: 'registered', ...common };
    return { kind: 'query', ...common, where: where ?? '*', ...(rule !== undefined && { joining: rule }) };
  });

export type ParsedTarget = z.output<typeof target>;
