import * as pulumi from '@pulumi/pulumi';
import { z } from 'zod';
import { oneOf } from '../spec/fields';
import { problemAt, problemsOf, type SpecProblem } from '../spec/problems';
import { crossProblems } from './config/cross-checks';
import { enrollmentGroups, enrollments } from './config/enrollments';
import { location } from './config/fields';
import { hubs } from './config/hubs';
import { neighbours } from './config/neighbours';
import { provisioning } from './config/provisioning';
import { storage, telemetry, worker } from './config/services';
import { tags } from './config/tags';

export type { EnrollmentConfig, EnrollmentGroupConfig } from './config/enrollments';
export type { HubConfig } from './config/hubs';
export type { ProvisioningConfig } from './config/provisioning';
export type { StorageConfig, TelemetryConfig, WorkerConfig } from './config/services';

const yesOrNo = z.boolean({ error: 'true or false' });

/** Every key of the configuration, one schema each. docs/infrastructure.md lists them; a test compares the two. */
export const SECTIONS = {
  location: location.default('westeurope'),
  tags,
  protect: yesOrNo.default(true),
  auth: oneOf(['entra', 'sas']).default('entra'),
  hubs,
  neighbours,
  provisioning,
  enrollmentGroups,
  enrollments,
  storage,
  telemetry,
  allocationFunction: yesOrNo.default(false),
  worker,
  registerDevices: yesOrNo.default(false),
  customRoles: yesOrNo.default(true),
} as const;

/** The configuration of a stack, complete and checked. */
export type FleetConfig = { readonly [Key in keyof typeof SECTIONS]: z.output<(typeof SECTIONS)[Key]> };

/** Fields that hold secrets, wherever they stand: a problem must not show them. */
const SECRET_FIELDS: ReadonlySet<string> = new Set(['webhookUrl', 'apiKey']);

const withoutSecrets = (raw: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  JSON.parse(
    JSON.stringify(raw, (key, value: unknown) => (SECRET_FIELDS.has(key) && value !== undefined ? '[secret]' : value)),
  ) as Readonly<Record<string, unknown>>;

const unknownKeys = (raw: Readonly<Record<string, unknown>>): SpecProblem[] =>
  Object.keys(raw)
    .filter((key) => !(key in SECTIONS))
    .map((key) => problemAt([key], raw, `one of the keys ${Object.keys(SECTIONS).join(', ')}`));

export type CheckedConfig =
  | { readonly kind: 'valid'; readonly config: FleetConfig }
  | { readonly kind: 'invalid'; readonly problems: readonly SpecProblem[] };

/**
 * Checks each section by itself, then what they say of each other as far as they are right themselves, so that one
 * correction is enough.
 *
 * @param raw values by key, as the stack has them; missing keys take their defaults
 */
export function checkConfig(raw: Readonly<Record<string, unknown>>): CheckedConfig {
  const shown = withoutSecrets(raw);
  const problems: SpecProblem[] = unknownKeys(shown);
  const sections: Record<string, unknown> = {};
  for (const [key, schema] of Object.entries(SECTIONS)) {
    const parsed = schema.safeParse(raw[key]);
    if (parsed.success) sections[key] = parsed.data;
    else problems.push(...problemsOf(below(key, parsed.error.issues), shown));
  }
  problems.push(...crossProblems(sections));
  return problems.length > 0
    ? { kind: 'invalid', problems }
    : { kind: 'valid', config: sections as unknown as FleetConfig };
}

const below = (key: string, issues: readonly z.core.$ZodIssue[]): z.core.$ZodIssue[] =>
  issues.map((issue) => ({ ...issue, path: [key, ...issue.path] }));

/**
 * @param raw values by key, as the stack has them; missing keys take their defaults
 * @throws pulumi.RunError that lists every problem: key, value, and what is allowed
 * @example parseConfig({}).hubs['main']?.sku // => 'S1'
 */
export function parseConfig(raw: Readonly<Record<string, unknown>>): FleetConfig {
  const checked = checkConfig(raw);
  if (checked.kind === 'valid') return checked.config;
  const lines = checked.problems.map(
    ({ path, value, allowed }) => `  groundswell:${path}: got ${value}; allowed: ${allowed}`,
  );
  throw new pulumi.RunError(`The stack's configuration is not valid:\n${lines.join('\n')}`);
}

/** A configuration value as Pulumi stores it: text, which holds JSON for anything but text. */
function rawValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const PREFIX = 'groundswell:';

/** Reads and checks the configuration of the running stack. Keys that we do not know are problems too. */
export function readConfig(all: Readonly<Record<string, string>> = pulumi.runtime.allConfig()): FleetConfig {
  const own = Object.entries(all).filter(([key]) => key.startsWith(PREFIX));
  return parseConfig(Object.fromEntries(own.map(([key, text]) => [key.slice(PREFIX.length), rawValue(text)])));
}
