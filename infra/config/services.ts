import { z } from 'zod';
import { isObject, listOf, matching, oneOf, optionalSection, record, text, whole } from '../../spec/fields';
import { telemetrySettingsSchema } from '../../telemetry/settings';
import { location, network } from './fields';

/** Days that a lifecycle or immutability rule can name. Source: Azure Storage, immutability policies: up to 146,000. */
const MAX_DAYS = 146_000;

export const storage = record({
  redundancy: oneOf(['LRS', 'ZRS', 'GRS']).default('LRS'),
  coolAfterDays: whole(1, MAX_DAYS).optional(),
  deleteAfterDays: whole(1, MAX_DAYS).optional(),
  immutableDays: whole(1, MAX_DAYS).optional(),
  softDeleteDays: whole(1, 365).default(14),
  network: network.optional(),
}).prefault({});

export type StorageConfig = z.output<typeof storage>;

const EXACT_ORIGIN = 'the origin of a site, such as https://fleet.example.com; not *';

const signIn = record({
  authority: matching(
    /^https:\/\/[a-z0-9.-]+\/(?!(?:common|organizations|consumers)$)[\w.-]+$/,
    'that of one tenant: https://login.microsoftonline.com/<tenant id>, not common, organizations or consumers',
  ),
  audience: text('the id of the application that stands for the functions, or its api:// address'),
});

const telemetrySection = record({
  location: location.optional(),
  /** Of the event hub that all hubs route to. */
  partitions: whole(1, 32).default(4),
  retentionDays: whole(1, 7).default(1),
  signalrSku: oneOf(['Free_F1', 'Standard_S1']).default('Standard_S1'),
  maxInstances: whole(40, 1_000).default(40),
  logRetentionDays: whole(30, 730).default(30),
  /** What reads the event hub: functions, or processes that whoever deploys runs. */
  hosts: oneOf(['functions', 'processes']).default('functions'),
  /** Without it a function key is asked for, which a page cannot keep to itself. */
  signIn: signIn.optional(),
  /** Beside the stack's own page. */
  origins: listOf(matching(/^https:\/\/[a-z0-9.-]+(:\d{1,5})?$/, EXACT_ORIGIN), 20, 'origins of sites').optional(),
  settings: telemetrySettingsSchema.prefault({}),
});

/** Missing and `false` mean none, `true` one with all defaults. */
export const telemetry = optionalSection(telemetrySection);

export type TelemetryConfig = z.output<typeof telemetrySection>;

const temporal = record({
  address: matching(/^[^\s:]+:\d{1,5}$/, 'host:port, such as fleet.a1b2c.tmprl.cloud:7233'),
  namespace: text('the name of a namespace').default('default'),
  /** Of Temporal Cloud. A secret. */
  apiKey: text('an API key, set with `pulumi config set --secret`').optional(),
  tls: z.boolean({ error: 'true or false' }).default(true),
});

/** Moves that disable an identity, or delete what DPS has left, need it; it opens the keys of devices. */
const identities = z.boolean({ error: 'true or false' }).default(false);

/** Where the worker runs: wherever its identity can be used, or in a container app. */
export const worker = z
  .discriminatedUnion(
    'hosting',
    [
      record({ hosting: z.literal('none'), identities }),
      record({
        hosting: z.literal('containerApp'),
        identities,
        image: text('a container image by digest or tag, such as registry.example.com/groundswell-worker@sha256:…'),
        registry: text('the host of a container registry').optional(),
        replicas: whole(1, 30).default(1),
        temporal,
      }),
    ],
    {
      error: ({ input }) =>
        isObject(input) ? 'none or containerApp' : 'an object { hosting: none } or { hosting: containerApp, … }',
    },
  )
  .optional();

export type WorkerConfig = z.output<typeof worker>;
