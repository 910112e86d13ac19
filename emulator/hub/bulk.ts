import { z } from 'zod';
import { HubError } from './errors';
import { IdentityInput } from './identity';
import type { Json } from '../world/json';
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
  tags: z.unknown().optional().optional(),
  properties: z.unknown().optional().optional(),
});
type Item = z.infer<typeof Item>;

interface BulkError {
  readonly deviceId: string;
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
    const { data: item, error } = Item.safeParse(entry);
    if (error) throw new HubError('ArgumentInvalid', `A device of the list is invalid: ${firstProblem(error)}`);
    try {
      runItem(devices, item, entry);
      return [];
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      return [{ deviceId: item.id, errorCode: error.errorName, errorStatus: error.message }];
    }
  });
  return { isSuccessful: errors.length === 0, errors, warnings: [] };
}

function runItem(devices: Registry, item: Item, entry: unknown): void {
  if (item.moduleId) throw new HubError('NotImplemented', 'Modules are not implemented.');
  const mode = item.importMode ?? 'createorupdate';
  const ifMatch = mode.endsWith('ifmatchetag') ? (item.eTag ?? '') : '*';
  if (mode.startsWith('delete')) devices.delete(item.id, ifMatch);
  else if (mode.startsWith('updatetwin'))
    updateTwin(devices, item, mode.endsWith('etag') ? (item.twinETag ?? item.eTag ?? '') : '*');
  else if (mode.startsWith('update') || (mode.startsWith('createorupdate') && devices.get(item.id))) {
    update(devices, inputOf(entry, item), ifMatch, item);
  } else create(devices, inputOf(entry, item), item);
}

function update(devices: Registry, input: IdentityInput, ifMatch: string, item: Item): void {
  const device = devices.update(input, ifMatch);
  if (givesTwin(item)) devices.patchTwin(device, twinOf(item), undefined);
}

const givesTwin = ({ tags, properties }: Item): boolean => tags !== undefined || properties !== undefined;

function create(devices: Registry, input: IdentityInput, item: Item): void {
  const device = devices.create(input);
  if (!givesTwin(item)) return;
  try {
    devices.replaceTwin(device, twinOf(item), undefined);
  } catch (error) {
    devices.delete(item.id, undefined); // a device with half of what was asked for is not left behind
    throw error;
  }
}

const updateTwin = (devices: Registry, item: Item, ifMatch: string): void =>
  devices.patchTwin(devices.require(item.id), twinOf(item), ifMatch);

/** JSON as it came in the request. */
const twinOf = ({ tags, properties }: Item): Json =>
  ({ ...(tags !== undefined && { tags }), ...(properties !== undefined && { properties }) }) as Json;

function inputOf(entry: unknown, { id }: Item): IdentityInput {
  const { data, error } = IdentityInput.safeParse({ ...(entry as object), deviceId: id });
  if (error) throw new HubError('ArgumentInvalid', firstProblem(error));
  return data;
}
