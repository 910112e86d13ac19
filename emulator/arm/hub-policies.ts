import { newKey } from '../auth/keys';
import { defaultPolicies } from '../hub/policies';
import type { AccessPolicy, Right } from '../hub/settings';
import { badHub } from './errors';

/** In the order in which Azure writes them (arm-iothub, AccessRights). */
const RIGHTS: readonly Right[] = ['RegistryRead', 'RegistryWrite', 'ServiceConnect', 'DeviceConnect'];
const MAX_POLICIES = 16;

/** A policy as a client declares it; keys that are left out are generated. */
export interface DeclaredPolicy {
  readonly keyName: string;
  readonly rights: string;
  readonly primaryKey?: string | undefined;
  readonly secondaryKey?: string | undefined;
}

/**
 * @param text rights joined by comma and space, in any order and case
 * @throws DevicesError naming the word that is no right
 * @example parseRights('RegistryWrite, RegistryRead') // => ['RegistryRead', 'RegistryWrite']
 */
export function parseRights(text: string): Right[] {
  const words = text.split(',').map((word) => word.trim().toLowerCase());
  const unknown = words.find((word) => !RIGHTS.some((right) => right.toLowerCase() === word));
  if (unknown !== undefined) throw badHub(`'${unknown}' is no access right; rights are ${RIGHTS.join(', ')}`);
  return RIGHTS.filter((right) => words.includes(right.toLowerCase()));
}

export const rightsText = (rights: readonly Right[]): string =>
  RIGHTS.filter((right) => rights.includes(right)).join(', ');

function requireKey(keyName: string, key: string): string {
  const bytes = Buffer.from(key, 'base64');
  const isBase64 = bytes.toString('base64') === key;
  if (isBase64 && bytes.length >= 16 && bytes.length <= 64) return key;
  throw badHub(`a key of the policy '${keyName}' is not the base64 form of 16 to 64 bytes`);
}

function policyOf(declared: DeclaredPolicy, existing: AccessPolicy | undefined): AccessPolicy {
  const { keyName } = declared;
  return {
    keyName,
    rights: parseRights(declared.rights),
    primaryKey: requireKey(keyName, declared.primaryKey ?? existing?.primaryKey ?? newKey()),
    secondaryKey: requireKey(keyName, declared.secondaryKey ?? existing?.secondaryKey ?? newKey()),
  };
}

const sameName = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/**
 * The policies of a hub after a PUT. A list is the whole list; without one a new hub gets Azure's five and an existing
 * hub keeps what it has. Keys survive updates unless new ones are given.
 *
 * @throws DevicesError for more than 16 policies, a name that occurs twice, unknown rights and malformed keys
 */
export function policiesAfter(
  declared: readonly DeclaredPolicy[] | undefined,
  existing: readonly AccessPolicy[] | undefined,
): readonly AccessPolicy[] {
  if (declared === undefined) return existing ?? defaultPolicies();
  if (declared.length > MAX_POLICIES) throw badHub(`a hub has at most ${MAX_POLICIES} shared access policies`);
  const twice = declared.find((policy, at) =>
    declared.slice(0, at).some((one) => sameName(one.keyName, policy.keyName)),
  );
  if (twice !== undefined) throw badHub(`the shared access policy '${twice.keyName}' is declared twice`);
  return declared.map((policy) =>
    policyOf(
      policy,
      existing?.find((one) => sameName(one.keyName, policy.keyName)),
    ),
  );
}
