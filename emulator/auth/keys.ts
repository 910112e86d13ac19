import { randomBytes } from 'node:crypto';

/** A new symmetric key: 32 random bytes as base64, as the portal makes them. */
export const newKey = (): string => randomBytes(32).toString('base64');
