import { isDeepStrictEqual } from 'node:util';

import { thumbprintOf } from './certificates';
import { isUnknown, type EnrollmentInputs } from './inputs';
import { sameHubs } from './record';

/** What another value of makes another enrollment. The portal, too, changes "all items, except the security type". */
const FIXED = ['kind', 'enrollmentGroupId', 'registrationId', 'serviceHostName', 'attestation'];
/** How the service is reached: no part of the record. (`adopt` matters to a creation only, and is no change.) */
const ACCESS = ['auth', 'serviceResourceId', 'serviceKeyName'];
const MANAGED = [
  'kind',
  'enrollmentGroupId',
  'registrationId',
  'serviceHostName',
  'deviceId',
  'attestation',
  'primaryKey',
  'secondaryKey',
  'certificate',
  'secondaryCertificate',
  'caReference',
  'secondaryCaReference',
  'iotEdge',
  'reprovisionPolicy',
  'allocation',
  'webhookUrl',
  'webhookApiVersion',
  'hubs',
  'initialTwin',
  'enabled',
] as const satisfies (keyof EnrollmentInputs)[];

type Named = Readonly<Record<string, unknown>>;

function isSame(key: string, a: unknown, b: unknown): boolean {
  if (isDeepStrictEqual(a, b)) return true;
  if (key === 'hubs' && Array.isArray(a) && Array.isArray(b)) return sameHubs(a as string[], b as string[]);
  if (!/certificate$/i.test(key) || typeof a !== 'string' || typeof b !== 'string') return false;
  return thumbprintOf(a) !== undefined && thumbprintOf(a) === thumbprintOf(b);
}

const differing = (keys: readonly string[], a: object, b: object): string[] =>
  keys.filter((key) => !isSame(key, (a as Named)[key], (b as Named)[key]));

/** Names of the inputs in which two descriptions of an enrollment differ, as far as the service's record goes. */
export const differences = (a: EnrollmentInputs, b: EnrollmentInputs): string[] => differing(MANAGED, a, b);

export interface Diff {
  readonly changes: boolean;
  readonly replaces: string[];
  /** The new one has the same id: the old one has to go first. */
  readonly deleteBeforeReplace: boolean;
}

/**
 * @param olds the state
 * @param news inputs; in a preview with unknown values, which may turn out to be no change
 */
export function diffOf(olds: EnrollmentInputs, news: EnrollmentInputs): Diff {
  const changed = differing([...MANAGED, ...ACCESS], olds, news);
  // An unknown host name is mostly that of a service which is only updated: no reason to announce a replacement.
  const replaces = changed.filter((key) => FIXED.includes(key) && !isUnknown((news as unknown as Named)[key]));
  const isSameSpot = olds.serviceHostName === news.serviceHostName && sameId(olds, news);
  return { changes: changed.length > 0, replaces, deleteBeforeReplace: replaces.length > 0 && isSameSpot };
}

/** Ids are the same in any case. */
const sameId = (a: EnrollmentInputs, b: EnrollmentInputs): boolean =>
  a.kind === b.kind &&
  a.enrollmentGroupId?.toLowerCase() === b.enrollmentGroupId?.toLowerCase() &&
  a.registrationId?.toLowerCase() === b.registrationId?.toLowerCase();
