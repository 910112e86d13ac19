import { z } from 'zod';
import { listOf, matching, record } from '../../spec/fields';

/** What a section, a hub or an enrollment is called in configuration and outputs. */
export const LOGICAL_NAME = /^[a-z][a-z0-9-]{0,29}$/;

export const logicalName = matching(
  LOGICAL_NAME,
  'a name of up to 30 small letters, digits and hyphens that begins with a letter',
);

/** A region by its name, not its display name: Azure answers the name, so that anything else would differ for ever. */
export const location = matching(
  /^[a-z][a-z0-9]{2,39}$/,
  "a region's name as `az account list-locations --query [].name` gives it, such as westeurope",
);

const ADDRESSES = 'an IPv4 address or range, such as 203.0.113.7 or 203.0.113.0/24';

/** Who may connect: with it, only these addresses. */
export const network = record({
  allowedIps: listOf(z.union([z.ipv4(), z.cidrv4()], { error: ADDRESSES }), 100, 'IPv4 addresses or ranges'),
});

export type NetworkConfig = z.output<typeof network>;

/** Names of hubs that `hubs` declares; that they do is a cross-check. */
export const hubNames = listOf(logicalName, 50, 'names of hubs');
