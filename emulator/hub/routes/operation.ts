import type { Limited } from '../throttle/limits';

/** Which limit an operation counts against; the first that its name begins with. */
const LIMITS: readonly (readonly [prefix: string, limited: Limited])[] = [
  ['query', 'queries'],
  ['methods.', 'methods'],
  ['twins.get', 'twinReads'],
  ['twins.modules.get', 'twinReads'],
  ['twins.', 'twinUpdates'],
  ['jobs.', 'jobs'],
  ['configurations.', 'configurations'],
  ['devices.applyconfigurationcontent', 'configurations'],
  ['devices.messages.events', 'deviceToCloud'],
  ['devices.modules.messages.events', 'deviceToCloud'],
  ['devices.messages.devicebound.get', 'cloudToDeviceReceives'],
  ['devices.files.post', 'fileUploads'],
  ['devices.messages.', 'cloudToDeviceReceives'],
  ['devices.files', 'fileUploads'],
  ['devices.', 'registry'],
];

export const limitedBy = (operation: string): Limited | undefined =>
  LIMITS.find(([prefix]) => operation.startsWith(prefix))?.[1];

/** What a direct method is metered by, of its payload (iot-hub-devguide-quotas-throttling.md). */
const METER_BYTES = 4096;

/**
 * How much a request counts: a bulk as many as it holds, a method by its payload's size.
 *
 * @param bodyOf reads the JSON body; called only where it counts, for others have bodies that are none
 */
export function costOf(limited: Limited, bodyOf: () => unknown): number {
  if (limited !== 'registry' && limited !== 'methods') return 1;
  const body = bodyOf();
  if (limited === 'registry') return Array.isArray(body) ? Math.max(1, body.length) : 1;
  const payload: unknown = typeof body === 'object' && body !== null && 'payload' in body ? body.payload : null;
  return Math.max(1, Math.ceil(Buffer.byteLength(JSON.stringify(payload ?? null)) / METER_BYTES));
}
