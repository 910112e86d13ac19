import { z } from 'zod';

import { ArmError, badRequest } from './errors';
import { type ArmRequest, header } from './resource-type';
import type { Resource } from './store';

/** Tags (Azure Resource Manager, "Use tags": at most 50, names up to 512 characters, values up to 256). */
export const tags = z
  .record(z.string().min(1).max(512), z.string().max(256))
  .refine((all) => Object.keys(all).length <= 50, 'at most 50 tags');

/** Region names are compared without spaces and case: 'West Europe' is 'westeurope'. */
export const normalLocation = (location: string): string => location.replaceAll(' ', '').toLowerCase();
export const location = z.string().min(1).transform(normalLocation);

/** A shared access policy as it is declared, of a hub or a provisioning service. */
export const policy = z.object({
  keyName: z.string().regex(/^[\w.-]{1,64}$/, 'is 1 to 64 letters, digits, dots, hyphens or underscores'),
  rights: z.string(),
  primaryKey: z
    .string()
    .nullish()
    .transform((key) => key ?? undefined),
  secondaryKey: z
    .string()
    .nullish()
    .transform((key) => key ?? undefined),
});

/** Checks a body; every problem is in the one error. */
export function parseBody<S extends z.ZodType>(
  schema: S,
  body: unknown,
  refuse: (message: string) => Error = badRequest,
): z.output<S> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw refuse(parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '));
}

/** @throws 409 as the Resource Manager does for a resource that is to change its region */
export function requireSameLocation(existing: Resource | undefined, wanted: string): void {
  if (existing?.location === undefined || existing.location === wanted) return;
  const text = `The resource '${existing.name}' already exists in location '${existing.location}'. It cannot be created in location '${wanted}'.`;
  throw new ArmError(409, 'InvalidResourceLocation', text);
}

/** @throws 412 when If-Match names another version than the present one, or any version of what does not exist */
export function requireMatch(request: ArmRequest, existing: Resource | undefined): void {
  const wanted = header(request, 'if-match');
  if (wanted === undefined) return;
  const plain = wanted.replace(/^W\//, '').replace(/^"(.*)"$/, '$1');
  if (existing !== undefined && (plain === '*' || plain === existing.etag)) return;
  throw new ArmError(412, 'PreconditionFailed', `The condition '${wanted}' of If-Match is not met.`);
}
