import { z } from 'zod';
import { HubError } from './errors';
import type { Device } from './hub-device';
import { IdentityInput } from './identity';
import type { JsonObject } from '../world/json';
import { firstProblem } from './jobs/spec';
import type { Registry } from './registry';

/** Devices in one bulk (REST reference, "Bulk Registry - Update Registry"). */
const LARGEST_BULK = 100;

const MODES = [
  'create',
  'createorupdate',
  'createorupdateifmatchetag',
  'update',
  'updateifmatchetag',
  'delete',
  'deleteifmatchetag',
  'updatetwin',
  'updatetwinifmatchetag',
] as const;

const Item = z.object({
  id: z.string(),
  moduleId: z.string().nullish(),
  importMode: z.string().toLowerCase().pipe(z.enum(MODES)).nullish(),
  eTag: z.string().nullish(),
  twinETag: z.string().nullish(),
  tags: z.unknown().optional(),
  properties: z.unknown().optional(),
});
type Item = z.infer<typeof Item>;

interface BulkError {
  readonly deviceId: string;
  readonly moduleId?: string;
  readonly errorCode: string;
  readonly errorStatus: string;
}

/** Answer of a bulk: what went wrong for whom; the rest is done. */
export interface BulkResult {
  readonly isSuccessful: boolean;
  readonly errors: readonly BulkError[];
  readonly warnings: readonly never[];
}

/** @throws HubError ArgumentInvalid when the body is no list of 1 to 100 devices, each with an id */
export function runBulk(devices: Registry, body: unknown): BulkResult {
  if (!Array.isArray(body) || body.length === 0 || body.length > LARGEST_BULK) {
    throw new HubError('ArgumentInvalid', `The body must be a list of 1 to ${LARGEST_BULK} devices.`);
  }
  const errors = body.flatMap((entry: unknown): BulkError[] => {
    const failure = runEntry(devices, entry);
    if (failure === undefined) return [];
    const { error, ...names } = failure;
    return [{ ...names, errorCode: error.errorName, errorStatus: error.message }];
  });
  return { isSuccessful: errors.length === 0, errors, warnings: [] };
}

/** What went wrong with one device or module. */
export interface Failure {
  readonly deviceId: string;
  readonly moduleId?: string;
  readonly error: HubError;
}

/**
 * Does what one entry of a bulk, or one line of an import, asks for.
 *
 * @throws HubError ArgumentInvalid when it names no device
 */
export function runEntry(devices: Registry, entry: unknown): Failure | undefined {
  const { data: item, error } = Item.safeParse(entry);
  if (error) throw new HubError('ArgumentInvalid', `A device of the list is invalid: ${firstProblem(error)}`);
  try {
    runItem(devices, item, entry);
    return undefined;
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    const { id: deviceId, moduleId } = item;
    return { deviceId, ...(moduleId && { moduleId }), error };
  }
}

function runItem(devices: Registry, item: Item, entry: unknown): void {
  const mode = item.importMode ?? 'createorupdate';
  const ifMatch = mode.endsWith('ifmatchetag') ? (item.eTag ?? '') : '*';
  if (mode.startsWith('delete')) remove(devices, item, ifMatch);
  else if (mode.startsWith('updatetwin'))
    devices.patchTwin(
      found(devices, item),
      twinOf(item),
      mode.endsWith('etag') ? (item.twinETag ?? item.eTag ?? '') : '*',
    );
  else if (mode.startsWith('update') || (mode.startsWith('createorupdate') && isThere(devices, item))) {
    update(devices, inputOf(entry, item), ifMatch, item);
  } else devices.create(inputOf(entry, item), twinOf(item));
}

const isThere = (devices: Registry, { id, moduleId }: Item): boolean =>
  (moduleId ? devices.module(id, moduleId) : devices.get(id)) !== undefined;

const found = (devices: Registry, { id, moduleId }: Item): Device =>
  moduleId ? devices.requireModule(id, moduleId) : devices.require(id);

function remove(devices: Registry, { id, moduleId }: Item, ifMatch: string): void {
  if (moduleId) devices.deleteModule(id, moduleId, ifMatch);
  else devices.delete(id, ifMatch);
}

function update(devices: Registry, input: IdentityInput, ifMatch: string, item: Item): void {
  const device = devices.update(input, ifMatch);
  const { tags, properties } = item;
  if (tags !== undefined || properties !== undefined) devices.patchTwin(device, twinOf(item), undefined);
}

/** JSON as it came in the request. */
const twinOf = ({ tags, properties }: Item): JsonObject =>
  ({ ...(tags !== undefined && { tags }), ...(properties !== undefined && { properties }) }) as JsonObject;

function inputOf(entry: unknown, { id, moduleId }: Item): IdentityInput {
  const { data, error } = IdentityInput.safeParse({ ...(entry as object), deviceId: id, moduleId });
  if (error) throw new HubError('ArgumentInvalid', firstProblem(error));
  return data;
}
