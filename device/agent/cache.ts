import { z } from 'zod';
import { wishSchema } from './reprovision';

/** Answers of finished operations that a device remembers: the oldest is forgotten first. */
export const OPERATIONS_KEPT = 64;

const operation = z.object({
  method: z.string(),
  operationId: z.string(),
  status: z.number(),
  payload: z.unknown(),
});

/** What the device reports about how it came to its hub, as `reported.provisioning`. */
const arrival = z.object({
  /** Host name. */
  assignedHub: z.string(),
  /** When the provisioning service had answered (UTC, ISO 8601). */
  at: z.string(),
  /** Of the `reprovision` call; null when nobody had called. */
  operationId: z.string().nullable(),
  /** Why it registered. */
  reason: z.enum(['first', 'method', 'refused', 'unreachable', 'lookup']),
  /** Why the provisioning service would not; then the device has stayed where it was. Null when it would. */
  error: z.string().nullable(),
});

const schema = z.object({
  format: z.literal(1),
  registrationId: z.string(),
  provisioning: z.object({ idScope: z.string(), endpoint: z.string() }).optional(),
  home: z.object({ hub: z.string().min(1), deviceId: z.string().min(1), payload: z.unknown().optional() }).optional(),
  wish: wishSchema.optional(),
  unreported: arrival.optional(),
  operations: z.array(operation).max(OPERATIONS_KEPT),
});

export type Operation = Readonly<z.infer<typeof operation>>;
export type Arrival = Readonly<z.infer<typeof arrival>>;

/** What a device remembers when its power is lost. No secret is in it. */
export type Cache = Readonly<z.infer<typeof schema>>;

export const emptyCache = (registrationId: string): Cache => ({ format: 1, registrationId, operations: [] });

/**
 * Reads a cache.
 *
 * @returns undefined for one that is torn, of another format, or another device's
 */
export function parseCache(text: string, registrationId: string): Cache | undefined {
  try {
    const parsed = schema.safeParse(JSON.parse(text));
    return parsed.success && parsed.data.registrationId === registrationId ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

export const serializeCache = (cache: Cache): string => `${JSON.stringify(cache)}\n`;

/** The answer of an operation that was done before. */
export const doneBefore = ({ operations }: Cache, method: string, operationId: string): Operation | undefined =>
  operations.find((each) => each.method === method && each.operationId === operationId);

/** Remembers an operation as the newest. */
export const remembering = (cache: Cache, done: Operation): Cache => ({
  ...cache,
  operations: [
    ...cache.operations.filter((each) => each.method !== done.method || each.operationId !== done.operationId),
    done,
  ].slice(-OPERATIONS_KEPT),
});
