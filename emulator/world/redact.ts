/** Members that hold secrets, wherever they are: keys, connection strings, tokens, PEM of private keys. */
const SECRET = /key$|keys$|connectionstring|sas$|secret|password|token|credential/i;
/** Names that look like secrets and are none. */
const PUBLIC = /^(publicKey|keyName|key|lockToken|token)$/;
const HIDDEN = '(hidden)';

/** The value with bytes replaced by their number: a journal must not keep bodies of messages alive. */
export function outlineOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value);
  if (!members.some(([, member]) => member instanceof Uint8Array)) return value; // never changed in place, so no copy
  return Object.fromEntries(members.map(([name, member]) => [name, mapped(member, (each) => each)]));
}

/** The value with every secret replaced by `(hidden)`. */
export const redacted = (value: unknown): unknown =>
  mapped(value, (member, name) => (SECRET.test(name) && !PUBLIC.test(name) && isText(member) ? HIDDEN : member));

const isText = (value: unknown): boolean =>
  (typeof value === 'string' && value !== '') ||
  (Array.isArray(value) && value.every((each) => typeof each === 'string'));

/** A copy whose members went through `change`, and then so did theirs. */
function mapped(value: unknown, change: (member: unknown, name: string) => unknown): unknown {
  if (value instanceof Uint8Array) return { bytes: value.length };
  if (Array.isArray(value)) return value.map((each) => mapped(each, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, mapped(change(member, name), change)]),
  );
}
