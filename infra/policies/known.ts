import { UNKNOWN } from './declared';

/**
 * Plain data of the properties that a policy pack is shown. They are a proxy that throws where a preview does not know a
 * value (@pulumi/policy, proxy.ts); a rule shall judge what is known, so those become {@link UNKNOWN}.
 */
export const known = (props: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.keys(props).map((key) => [key, plain(() => props[key])]));

function plain(read: () => unknown): unknown {
  let value: unknown;
  try {
    value = read();
  } catch (error) {
    if (error instanceof Error && 'unknownTypeSentinel' in error) return UNKNOWN; // its class is not exported
    throw error;
  }
  if (Array.isArray(value)) {
    const values: readonly unknown[] = value;
    return Array.from({ length: values.length }, (_, at) => plain(() => values[at]));
  }
  return typeof value === 'object' && value !== null ? known(value as Readonly<Record<string, unknown>>) : value;
}
