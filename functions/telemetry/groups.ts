import { createHash } from 'node:crypto';

/** Who follows all devices. */
export const ALL = 'all';

/** Who follows the devices of one site. */
export const siteGroup = (site: string): string => `site:${site}`;

/**
 * The user that a client of a group is to the SignalR Service: the same for all of them. In serverless mode a client can join
 * no group itself; its user is put there before it connects. A user for each client would leave a record behind for each
 * that has ever looked. Hashed, since a site may hold characters that a user's name in a path may not.
 */
export const userOf = (group: string): string => createHash('sha256').update(group).digest('hex').slice(0, 32);
