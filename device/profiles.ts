import { z } from 'zod';

const share = z.number().min(0).max(1);
const kind = z.enum(['offline', 'failing', 'slow', 'flapping', 'vanishing', 'ackOnly']);

const schema = z.strictObject({
  /** Is registered but never connects. */
  offline: share.optional(),
  /** Answers the methods of its own with status 500. */
  failing: share.optional(),
  /** Takes its time before it answers. */
  slow: z.strictObject({ share, delayMs: z.int().min(0).max(300_000) }).optional(),
  /** Loses its connection again and again. */
  flapping: z.strictObject({ share, everyMs: z.int().min(100).max(86_400_000) }).optional(),
  /** Bad firmware: says yes to `reprovision`, leaves, and is never seen again. */
  vanishing: share.optional(),
  /** Says yes to `reprovision`, and does nothing. */
  ackOnly: share.optional(),
  /** What single devices do, besides what their share says. Those that are slow or flap do as `slow` and `flapping` say. */
  devices: z.record(z.string(), z.array(kind)).optional(),
});

/** What shares of a simulated fleet do wrong; each 0 to 1 of all devices, rounded to whole devices. */
export type Profiles = Readonly<z.infer<typeof schema>>;
export type ProfileKind = z.infer<typeof kind>;

/**
 * Reads a profiles file (JSON).
 *
 * @throws Error naming the fields that are wrong
 */
export function parseProfiles(text: string): Profiles {
  const parsed = schema.safeParse(jsonOf(text));
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'profiles'}: ${message}`);
  throw new Error(`the profiles cannot be read: ${problems.join('; ')}`);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error('the profiles cannot be read: they are not JSON', { cause });
  }
}
