import { z } from 'zod';
import type { Scope } from './types';

/** Method by which a device is told to register again. */
export const REPROVISION = 'reprovision';

/** A wish that the device registers again. It outlasts a loss of power until it is fulfilled or refused. */
export const wishSchema = z.object({
  /** Of who asks; the same id is never carried out twice. */
  operationId: z.string().min(1).max(128).optional(),
  /** Another provisioning service to go to; the present one when missing. */
  provisioning: z
    .object({ idScope: z.string().regex(/^[0-9A-Za-z]{1,64}$/), endpoint: z.string().min(1).optional() })
    .optional(),
  /** The device draws a moment within so many seconds, so that a fleet does not come all at once. */
  within: z.number().min(0).max(86_400).optional(),
});
export type Wish = Readonly<z.infer<typeof wishSchema>>;

export type ReadWish = { readonly wish: Wish } | { readonly problem: string };

/**
 * Reads the payload of a `reprovision` call. A device follows nobody to another cloud: the host must be in the same domain as
 * the one it was made with, `azure-devices-provisioning.net` and its like.
 *
 * @param factory the provisioning service that the device was made with
 */
export function readWish(payload: unknown, factory: Scope): ReadWish {
  const parsed = wishSchema.safeParse(payload ?? {});
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return { problem: `${issue?.path.join('.') || 'payload'}: ${issue?.message ?? 'not understood'}` };
  }
  const endpoint = parsed.data.provisioning?.endpoint;
  const domain = domainOf(factory.endpoint);
  if (endpoint !== undefined && !(isHostName(endpoint) && domainOf(endpoint) === domain)) {
    return { problem: `provisioning.endpoint: '${endpoint}' is no host in ${domain}` };
  }
  return { wish: parsed.data };
}

/** The scope that a wish leads to. */
export const scopeOf = ({ provisioning }: Wish, present: Scope): Scope =>
  provisioning === undefined
    ? present
    : { idScope: provisioning.idScope, endpoint: provisioning.endpoint ?? present.endpoint };

const isHostName = (text: string): boolean => /^[a-z0-9-]+(\.[a-z0-9-]+)+$/i.test(text);
const domainOf = (host: string): string => host.slice(host.indexOf('.') + 1).toLowerCase();
