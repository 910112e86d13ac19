import { z } from 'zod';
import { HubError } from '../errors';
import { isObject, type Json, type JsonObject } from '../../world/json';
import { stampOf } from '../../world/time';
import { firstProblem } from '../jobs/spec';
import { checkMetric, compileTarget } from './target';

/** Facts marked [L] were measured on a live hub (mwalser/terraform-provider-iothub, design document, appendix D, 2026-08). */

/** Lower case, without `& ^ [ ] { } \ | " < > /` and white space (iot-hub/iot-hub-automatic-device-management.md). */
const ID = /^[a-z0-9\-:+%_#*?!(),=@;'.]{1,128}$/;

/** Custom metrics of a configuration (C# SDK, `ConfigurationMetrics`; the portal allows as many). */
const MOST_METRICS = 20;

const Settings = z.record(
  z.string(),
  z.custom<Json>((value) => value !== undefined),
);
const ContentInput = z.object({
  deviceContent: Settings.nullish(),
  moduleContent: Settings.nullish(),
  modulesContent: z.record(z.string(), Settings).nullish(),
});

export const ConfigurationInput = z.object({
  id: z.string().regex(ID),
  schemaVersion: z.string().nullish(),
  labels: z.record(z.string(), z.string()).nullish(),
  content: ContentInput.nullish(),
  targetCondition: z.string().nullish(),
  priority: z
    .int()
    .min(0)
    .max(2 ** 31 - 1)
    .nullish(),
  metrics: z.object({ queries: z.record(z.string(), z.string()).nullish() }).nullish(),
});
export type ConfigurationInput = z.infer<typeof ConfigurationInput>;

/**
 * Whom a configuration is for and what it writes there: `device` the twins of devices, `module` those of modules, `edge`
 * those of an Edge device's modules.
 */
export type Content =
  | { readonly kind: 'device' | 'module'; readonly settings: JsonObject }
  | { readonly kind: 'edge'; readonly settings: Readonly<Record<string, JsonObject>> };

/** A configuration as the store keeps it. Never changed in place; times are ms since the epoch. */
export interface Configuration {
  readonly id: string;
  readonly schemaVersion: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly content: Content;
  readonly targetCondition: string;
  readonly priority: number;
  readonly metrics: Readonly<Record<string, string>>;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** Counts its versions: the etag is this number in base64 [L]. */
  readonly version: number;
}

/** @throws HubError InvalidConfigurationContent, InvalidConfigurationTargetCondition, ArgumentInvalid */
export function newConfiguration(input: ConfigurationInput, now: number): Configuration {
  const content = contentOf(input.content ?? undefined);
  return checked({ ...settable(input), content, createdAt: now, updatedAt: now, version: 1 });
}

/** The content must be there and stays what it was, without a word [L]. @throws as {@link newConfiguration} */
export function updatedConfiguration(old: Configuration, input: ConfigurationInput, now: number): Configuration {
  contentOf(input.content ?? undefined);
  return checked({ ...old, ...settable(input), updatedAt: now, version: old.version + 1 });
}

export const etagOf = ({ version }: Configuration): string => Buffer.from(String(version)).toString('base64');

/** A configuration as the REST API shows it, apart from the results of its metrics. */
export const configurationView = (configuration: Configuration): JsonObject => ({
  id: configuration.id,
  schemaVersion: configuration.schemaVersion,
  labels: configuration.labels,
  content: { [CONTENT_NAMES[configuration.content.kind]]: configuration.content.settings },
  targetCondition: configuration.targetCondition,
  createdTimeUtc: stampOf(configuration.createdAt),
  lastUpdatedTimeUtc: stampOf(configuration.updatedAt),
  priority: configuration.priority,
  etag: etagOf(configuration),
});

const CONTENT_NAMES = { device: 'deviceContent', module: 'moduleContent', edge: 'modulesContent' } as const;

type Settable = Pick<Configuration, 'id' | 'schemaVersion' | 'labels' | 'targetCondition' | 'priority' | 'metrics'>;

const settable = (input: ConfigurationInput): Settable => ({
  id: input.id,
  schemaVersion: input.schemaVersion ?? '1.0',
  labels: input.labels ?? {},
  targetCondition: input.targetCondition ?? '',
  priority: input.priority ?? 0,
  metrics: input.metrics?.queries ?? {},
});

function checked(configuration: Configuration): Configuration {
  compileTarget(configuration);
  const metrics = Object.values(configuration.metrics);
  if (metrics.length > MOST_METRICS) {
    throw new HubError('ArgumentInvalid', `A configuration may have at most ${MOST_METRICS} custom metrics.`);
  }
  metrics.forEach(checkMetric);
  return configuration;
}

/**
 * Reads a request's content: exactly one of the three kinds; modules of an Edge device need `$edgeAgent` among them [L].
 *
 * @throws HubError InvalidConfigurationContent
 */
export function contentOf(given: unknown): Content {
  const { data, error } = ContentInput.safeParse(given ?? {});
  if (error) throw invalid(firstProblem(error));
  const kinds = (['device', 'module', 'edge'] as const).filter((kind) => data[CONTENT_NAMES[kind]]);
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1) throw invalid('give one of deviceContent, moduleContent, modulesContent');
  const settings = data[CONTENT_NAMES[kind]] ?? {};
  if (kind !== 'edge') return { kind, settings: withPaths(settings) };
  if (settings['$edgeAgent'] === undefined) throw invalid('modulesContent must hold $edgeAgent');
  const modules = Object.entries(settings as Record<string, JsonObject>); // the schema says so
  return { kind, settings: Object.fromEntries(modules.map(([id, each]) => [id, withPaths(each)])) };
}

function withPaths(settings: JsonObject): JsonObject {
  for (const [path, value] of Object.entries(settings)) {
    if (!/^properties\.desired(\.[^.$#\s]+)*$/.test(path))
      throw invalid(`'${path}' is no path below properties.desired`);
    if (path === 'properties.desired' && !isObject(value)) throw invalid(`'${path}' must be an object`);
  }
  return settings;
}

const invalid = (problem: string): HubError =>
  new HubError('InvalidConfigurationContent', `The configuration content is invalid: ${problem}.`);
