import { z } from 'zod';
import { isObject, matching, oneOf, optionalSection, record, text, whole } from '../../spec/fields';
import { location, network } from './fields';

/** Days that a lifecycle or immutability rule can name. Source: Azure Storage, immutability policies: up to 146,000. */
const MAX_DAYS = 146_000;

export const storage = record({
  redundancy: oneOf(['LRS', 'ZRS', 'GRS']).default('LRS'),
  coolAfterDays: whole(1, MAX_DAYS).optional(),
  deleteAfterDays: whole(1, MAX_DAYS).optional(),
  immutableDays: whole(1, MAX_DAYS).optional(),
  network: network.optional(),
}).prefault({});

export type StorageConfig = z.output<typeof storage>;

const telemetrySettings = record({
  location: location.optional(),
  signalrUnits: whole(1, 100).default(1),
});

/** Missing and `false` mean none, `true` one with all defaults. */
export const telemetry = optionalSection(telemetrySettings);

export type TelemetryConfig = z.output<typeof telemetrySettings>;

const temporal = record({
  address: matching(/^[^\s:]+:\d{1,5}$/, 'host:port, such as fleet.a1b2c.tmprl.cloud:7233'),
  namespace: text('the name of a namespace').default('default'),
  /** Of Temporal Cloud. A secret. */
  apiKey: text('an API key, set with `pulumi config set --secret`').optional(),
});

/** Where the worker runs: by hand with its own identity, or in a container app. */
export const worker = z
  .discriminatedUnion(
    'hosting',
    [
      record({ hosting: z.literal('none') }),
      record({
        hosting: z.literal('containerApp'),
        image: text('a container image, such as registry.example.com/groundswell-worker@sha256:…'),
        temporal,
      }),
    ],
    {
      error: ({ input }) =>
        isObject(input) ? 'none or containerApp' : 'an object { hosting: none | containerApp, … }',
    },
  )
  .optional();

export type WorkerConfig = z.output<typeof worker>;
