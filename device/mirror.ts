/** Names at the top of a twin section that are not properties of the device: what it reports by itself. */
const RESERVED = new Set(['calls', 'provisioning', 'update']);

/**
 * What a reference device reports after it has applied a desired property: the same under the same name. A property that
 * was taken out of desired (null) is taken out of reported too.
 */
export const mirror = (value: unknown, name: string): unknown => (RESERVED.has(name) ? undefined : value);
