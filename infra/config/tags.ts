import { z } from 'zod';

/** Azure's 50 tags a resource, less the two that the stack adds. Source: Azure Resource Manager, "Use tags", limitations. */
const MAX_TAGS = 48;
const TAGS = `an object of at most ${MAX_TAGS} texts by name`;

/** 128 and 256 characters are the limits of storage accounts, the narrowest of our resources. */
const name = z
  .string()
  .regex(/^[^<>%&\\?/]{1,128}$/, { error: 'a name of up to 128 characters without < > % & \\ ? /' });
/** `pulumi config set --path` makes numbers of digits. */
const value = z
  .union([z.string(), z.number(), z.boolean()], { error: 'a text of up to 256 characters' })
  .transform(String)
  .refine((text) => text.length <= 256, { error: 'a text of up to 256 characters' });

/** Put on every resource, beside `project` and `stack`. */
export const tags = z
  .record(name, value, {
    error: ({ code }) => (code === 'invalid_key' ? 'a name of up to 128 characters without < > % & \\ ? /' : TAGS),
  })
  .refine((all) => Object.keys(all).length <= MAX_TAGS, { error: TAGS })
  .default({});
