/** Names at the top of a twin section that are not properties of the device: the hub's own, and the device's counters. */
const RESERVED = new Set(['$version', '$metadata', 'calls', 'update']);

/**
 * What a device reports after it has applied desired properties: each one under its own name. A property taken out of
 * desired (null in the change) is taken out of reported too.
 *
 * @param desired the desired section or a change to it, as the device SDK gives either
 */
export const mirrored = (desired: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(desired).filter(([name]) => !RESERVED.has(name)));
