import { newKey } from '../auth/keys';
import { badDescription } from './errors';

/** A shared access policy of a hub or a provisioning service, with both keys. */
export interface Policy<R extends string> {
  readonly keyName: string;
  readonly primaryKey: string;
  readonly secondaryKey: string;
  readonly rights: readonly R[];
}

/** A policy as a client declares it; keys that are left out are generated. */
export interface DeclaredPolicy {
  readonly keyName: string;
  readonly rights: string;
  readonly primaryKey?: string | undefined;
  readonly secondaryKey?: string | undefined;
}

const MAX_POLICIES = 16;
const sameName = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

function requireKey(keyName: string, key: string): string {
  const bytes = Buffer.from(key, 'base64');
  const isBase64 = bytes.toString('base64') === key;
  if (isBase64 && bytes.length >= 16 && bytes.length <= 64) return key;
  throw badDescription(`a key of the policy '${keyName}' is not the base64 form of 16 to 64 bytes`);
}

/**
 * How one kind of service reads and writes its shared access policies.
 *
 * @param rights   in the order in which Azure writes them
 * @param defaults what a service has when none are declared, with fresh keys
 */
export function sharedAccess<R extends string>(rights: readonly R[], defaults: () => readonly Policy<R>[]) {
  /** @throws DevicesError naming the word that is no right */
  function parse(text: string): R[] {
    const words = text.split(',').map((word) => word.trim().toLowerCase());
    const unknown = words.find((word) => !rights.some((right) => right.toLowerCase() === word));
    if (unknown !== undefined) throw badDescription(`'${unknown}' is no access right; rights are ${rights.join(', ')}`);
    return rights.filter((right) => words.includes(right.toLowerCase()));
  }
  const text = (held: readonly R[]): string => rights.filter((right) => held.includes(right)).join(', ');

  const policyOf = (declared: DeclaredPolicy, existing: Policy<R> | undefined): Policy<R> => ({
    keyName: declared.keyName,
    rights: parse(declared.rights),
    primaryKey: requireKey(declared.keyName, declared.primaryKey ?? existing?.primaryKey ?? newKey()),
    secondaryKey: requireKey(declared.keyName, declared.secondaryKey ?? existing?.secondaryKey ?? newKey()),
  });

  /**
   * The policies after a PUT. A list is the whole list; without one a new service gets Azure's own and an existing one
   * keeps what it has. Keys survive updates unless new ones are given.
   *
   * @throws DevicesError for more than 16 policies, a name that occurs twice, unknown rights and malformed keys
   */
  function after(
    declared: readonly DeclaredPolicy[] | undefined,
    existing: readonly Policy<R>[] | undefined,
  ): readonly Policy<R>[] {
    if (declared === undefined) return existing ?? defaults();
    if (declared.length > MAX_POLICIES)
      throw badDescription(`there are at most ${MAX_POLICIES} shared access policies`);
    const twice = declared.find(({ keyName }, at) =>
      declared.slice(0, at).some((one) => sameName(one.keyName, keyName)),
    );
    if (twice !== undefined) throw badDescription(`the shared access policy '${twice.keyName}' is declared twice`);
    const presentOf = (name: string) => existing?.find(({ keyName }) => sameName(keyName, name));
    return declared.map((policy) => policyOf(policy, presentOf(policy.keyName)));
  }

  /** As `listkeys` answers. */
  const listed = (policies: readonly Policy<R>[]) =>
    policies.map(({ keyName, primaryKey, secondaryKey, rights: held }) => ({
      keyName,
      primaryKey,
      secondaryKey,
      rights: text(held),
    }));
  return { parse, text, after, listed };
}
