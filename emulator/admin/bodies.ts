import { z } from 'zod';

const Name = z.string().min(1).max(256);
const Millis = z
  .number()
  .int()
  .min(0)
  .max(7 * 86_400_000);

/** A fault, as `world/faults.ts` has it. */
const FaultBody = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('delay'), ms: Millis }),
  z.strictObject({
    kind: z.literal('status'),
    status: z.number().int().min(400).max(599),
    retryAfterSeconds: z.number().int().min(0).max(86_400).optional(),
  }),
  z.strictObject({ kind: z.literal('drop') }),
  z.strictObject({ kind: z.literal('halfClose') }),
  z.strictObject({ kind: z.literal('stall') }),
  z.strictObject({ kind: z.literal('lag'), ms: Millis }),
]);

export const RuleBody = z.strictObject({
  operation: Name,
  hub: Name.default('*'),
  deviceId: Name.default('*'),
  rate: z.number().min(0).max(1).default(1),
  seed: z.number().int().default(1),
  times: z.number().int().min(1).optional(),
  fault: FaultBody,
});

/** `now` is ISO 8601 or ms since the epoch. */
export const ClockBody = z
  .strictObject({
    now: z
      .union([z.number().int().min(0), z.iso.datetime({ offset: true }).transform((text) => Date.parse(text))])
      .optional(),
    isFrozen: z.boolean().optional(),
    speed: z.number().min(0.001).max(100_000).optional(),
  })
  .refine((body) => Object.keys(body).length > 0, 'name at least one of now, isFrozen, speed');

export const AdvanceBody = z.strictObject({
  ms: z
    .number()
    .int()
    .min(1)
    .max(400 * 86_400_000),
});

/** No slash, so that no snapshot lies below another. */
export const SnapshotName = z.strictObject({
  name: z.string().regex(/^[\w.-]{1,64}$/, 'letters, digits, . _ -; at most 64'),
});

export const JournalQuery = z.strictObject({
  after: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  /** A pattern, with `*`. */
  collection: Name.default('*'),
});

export const ServiceName = z.strictObject({ name: Name });

/** The host name of a hub, and how far it is, ms. */
export const LatencyBody = z.strictObject({ hostName: Name, ms: z.number().min(0) });

const Allowance = z.number().int().min(0).optional();

/** Operations and registrations a minute, polls of a device in 10 s; what is left out is as Azure's. */
export const LimitsBody = z.strictObject({ operations: Allowance, registrations: Allowance, polls: Allowance });
