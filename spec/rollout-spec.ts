import ms from 'ms';
import { LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { deviceIdOf, hubNameOf, ROLLOUT_ID } from '../domain/ids';
import type { Action, RolloutSpec, Target, WaveSize } from '../domain/spec';
import { exactlyOneOf, json, jsonObject, listOf, record, text, whole } from './fields';
import { type Path, problemsOf, type SpecProblem } from './problems';

export type { SpecProblem } from './problems';

const DURATION = /^\d+(\.\d+)?(ms|s|m|h|d)$/;
const PERCENT = /^\d+(\.\d+)?%$/;
/** Ids that the identity registry takes. Source: IoT Hub developer guide, identity registry, "Device identity properties". */
const DEVICE_ID = /^[A-Za-z0-9\-:.+%_#*?!(),=@;$']{1,128}$/;

const fraction = (text: string): number => Number(text.slice(0, -1)) / 100;

/** A duration such as `30s`, in milliseconds, between two others. */
function duration(least: string, most: string) {
  const error = `a duration from ${least} to ${most}, such as 30s, 5m, 2h or 1d`;
  const millis = (text: string): number => ms(text as ms.StringValue);
  return z
    .string({ error })
    .regex(DURATION, { error, abort: true })
    .transform(millis)
    .refine((value) => value >= millis(least) && value <= millis(most), { error });
}

/** A percentage as a share of 1. */
function share(least: number) {
  const error = least > 0 ? 'a percentage above 0% up to 100%' : 'a percentage from 0% to 100%, such as 5%';
  return z
    .string({ error })
    .regex(PERCENT, { error, abort: true })
    .transform(fraction)
    .refine((value) => value <= 1 && value >= least, { error });
}

const targetRule = exactlyOneOf('where', 'devices');
const target = record({
  hubs: listOf(text('the name of a hub of the stack'), 50, 'hub names'),
  where: text("a WHERE expression of the hub's query language, or '*' for every device").optional(),
  devices: listOf(
    z
      .string({ error: 'a device id' })
      .regex(DEVICE_ID, { error: "a device id: 1 to 128 of A-Z a-z 0-9 - : . + % _ # * ? ! ( ) , = @ ; $ '" }),
    10_000,
    'device ids',
  ).optional(),
}).refine(targetRule.test, targetRule.options);

const method = record({
  name: text('the name of a direct method'),
  payload: json.default(null),
  // Bounds of the service. Source: IoT Hub error 400004, "must be within [5; 300]".
  responseTimeout: duration('5s', '300s').default(30_000),
});

const twin = record({
  tags: jsonObject.optional(),
  desired: jsonObject.optional(),
  etag: text("an etag, or '*' for any").default('*'),
  confirmWithin: duration('1s', '1d').optional(),
})
  .refine(({ tags, desired }) => tags !== undefined || desired !== undefined, { error: 'tags or desired, or both' })
  .refine(({ confirmWithin, desired }) => confirmWithin === undefined || desired !== undefined, {
    path: ['confirmWithin'],
    error: 'nothing unless desired is given: only desired properties are reported back',
  });

const actionRule = exactlyOneOf('method', 'twin');
const action = record({ method: method.optional(), twin: twin.optional() }).refine(actionRule.test, actionRule.options);

const isWaveSize = (size: unknown): boolean =>
  typeof size === 'number'
    ? Number.isInteger(size) && size >= 1
    : typeof size === 'string' &&
      (size === 'rest' || (PERCENT.test(size) && fraction(size) > 0 && fraction(size) <= 1));

const wave = z.custom<number | string>(isWaveSize, {
  error: 'a whole number of devices from 1, a percentage above 0% such as 20%, or rest',
  abort: false,
});
const waves = z
  .array(wave, { error: 'a list of wave sizes' })
  .min(1, { error: 'a list of 1 to 100 wave sizes' })
  .max(100, { error: 'a list of 1 to 100 wave sizes' })
  .refine((sizes) => sizes.indexOf('rest') === sizes.length - 1, {
    error: "wave sizes with 'rest' as the last one, and only there, so that every device has a wave",
    when: ({ value }) => Array.isArray(value) && value.length > 0,
  });

const gate = record({
  failureLimit: share(0).default(0.05),
  minimum: whole(1, 1_000_000).default(1),
  successTarget: share(0).default(0.95),
  soak: duration('0s', '30d').default(0),
});

const batch = record({ size: whole(1, 1_000).default(100), timeout: duration('10s', '1d').default(3_600_000) });

const document = record({
  apiVersion: z.literal('groundswell/v1', { error: 'groundswell/v1' }),
  name: z.string({ error: 'a rollout name' }).regex(ROLLOUT_ID, {
    error: 'lower-case letters, digits and single dashes, 1 to 60 characters',
  }),
  target,
  action,
  waves,
  gate: gate.prefault({}),
  batch: batch.prefault({}),
  onBreach: z.enum(['hold', 'abort'], { error: 'hold or abort' }).default('hold'),
});

type Document = z.infer<typeof document>;

const targetOf = ({ hubs: names, where, devices }: Document['target']): Target => {
  const hubs = names.map(hubNameOf);
  return devices === undefined
    ? { kind: 'query', hubs, where: where ?? '*' }
    : { kind: 'devices', hubs, devices: devices.map(deviceIdOf) };
};

function actionOf({ method: call, twin: patch }: Document['action']): Action {
  if (call !== undefined) {
    return { kind: 'method', name: call.name, payload: call.payload, responseTimeoutMs: call.responseTimeout };
  }
  return {
    kind: 'twin',
    etag: patch?.etag ?? '*',
    ...(patch?.tags !== undefined && { tags: patch.tags }),
    ...(patch?.desired !== undefined && { desired: patch.desired }),
    ...(patch?.confirmWithin !== undefined && { confirmWithinMs: patch.confirmWithin }),
  };
}

function waveSizeOf(size: Document['waves'][number]): WaveSize {
  if (size === 'rest') return { kind: 'rest' };
  return typeof size === 'number' ? { kind: 'count', count: size } : { kind: 'share', share: fraction(size) };
}

const specOf = ({ name, gate: rule, batch: size, onBreach, ...rest }: Document): RolloutSpec => ({
  name,
  target: targetOf(rest.target),
  action: actionOf(rest.action),
  executor: 'job',
  waves: { kind: 'sizes', sizes: rest.waves.map(waveSizeOf) },
  gate: {
    failureLimit: rule.failureLimit,
    minimum: rule.minimum,
    successTarget: rule.successTarget,
    soakMs: rule.soak,
    limits: {},
    checks: [],
  },
  batch: { size: size.size, parallel: 1, timeoutMs: size.timeout, startWithinMs: 3_600_000 },
  retry: { attempts: 1, on: [], firstMs: 60_000, factor: 2, mostMs: 3_600_000 },
  notify: [],
  priority: 3,
  onBreach,
});

export type ParsedSpec =
  | { readonly kind: 'valid'; readonly spec: RolloutSpec }
  | { readonly kind: 'invalid'; readonly problems: readonly SpecProblem[] };

/**
 * Reads a rollout spec, in YAML or JSON, fills in its defaults and lists all its mistakes at once.
 *
 * @see docs/spec.md for every field
 */
export function parseRolloutSpec(source: string): ParsedSpec {
  const lines = new LineCounter();
  const yaml = parseDocument(source, { lineCounter: lines });
  const position = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  if (yaml.errors.length > 0) {
    const problems = yaml.errors.map(({ message, pos }) => ({
      path: '(document)',
      value: message.split('\n', 1)[0] ?? message,
      allowed: 'well-formed YAML or JSON',
      ...position(pos[0]),
    }));
    return { kind: 'invalid', problems };
  }
  const root: unknown = yaml.toJS();
  const parsed = document.safeParse(root);
  if (parsed.success) return { kind: 'valid', spec: specOf(parsed.data) };
  const placed = problemsOf(parsed.error.issues, root).map(({ at, ...problem }) => {
    const offset = offsetOf(yaml, at);
    return offset === undefined ? problem : { ...problem, ...position(offset) };
  });
  return { kind: 'invalid', problems: placed };
}

/** Where a path's node begins; for a missing one, where its nearest parent does. */
function offsetOf(yaml: ReturnType<typeof parseDocument>, path: Path): number | undefined {
  for (let length = path.length; length >= 0; length -= 1) {
    const node = yaml.getIn(path.slice(0, length), true) as { range?: readonly number[] | null } | undefined;
    if (node?.range) return node.range[0];
  }
  return undefined;
}
