import { z } from 'zod';
import type { Enrollments } from './enrollments';
import { badRequest, DpsError } from './errors';
import type { ProvisioningService } from './services';

/** Enrollments in one bulk (azure-rest-api-specs, BulkEnrollmentOperation). */
const LARGEST_BULK = 10;

const Bulk = z.object({
  mode: z
    .string()
    .toLowerCase()
    .pipe(z.enum(['create', 'update', 'updateifmatchetag', 'delete'])),
  enrollments: z.array(z.looseObject({})).optional(),
  enrollmentGroups: z.array(z.looseObject({})).optional(),
});
type Bulk = z.infer<typeof Bulk>;
const Item = z.looseObject({
  registrationId: z.string().nullish(),
  enrollmentGroupId: z.string().nullish(),
  etag: z.string().nullish(),
});

/** What went wrong for whom; the rest is done. */
export interface DpsBulkResult {
  readonly isSuccessful: boolean;
  readonly errors: readonly Readonly<Record<string, string | number>>[];
}

/** @throws DpsError BadRequest when the body is no mode and list of 1 to 10 enrollments */
export function runDpsBulk(service: ProvisioningService, enrollments: Enrollments, body: unknown): DpsBulkResult {
  const parsed = Bulk.safeParse(body);
  if (!parsed.success) throw badRequest('The body must hold a mode and a list of enrollments.');
  const isGroup = enrollments.kind === 'group';
  const items = (isGroup ? parsed.data.enrollmentGroups : parsed.data.enrollments) ?? [];
  if (items.length === 0 || items.length > LARGEST_BULK) {
    throw badRequest(`A bulk holds 1 to ${LARGEST_BULK} enrollments.`);
  }
  const errors = items.flatMap((item) => {
    const id = idOf(item, isGroup);
    try {
      runItem(service, enrollments, parsed.data.mode, id, item);
      return [];
    } catch (error) {
      if (!(error instanceof DpsError)) throw error;
      const name = isGroup ? 'enrollmentGroupId' : 'registrationId';
      return [{ [name]: id, errorCode: error.code, errorStatus: error.message }];
    }
  });
  return { isSuccessful: errors.length === 0, errors };
}

function idOf(item: unknown, isGroup: boolean): string {
  const { data } = Item.safeParse(item);
  return (isGroup ? data?.enrollmentGroupId : data?.registrationId) ?? '';
}

function runItem(
  service: ProvisioningService,
  enrollments: Enrollments,
  mode: Bulk['mode'],
  id: string,
  item: unknown,
): void {
  if (mode === 'delete') {
    if (enrollments.kind === 'individual') service.deleteIndividual(id, undefined);
    else enrollments.delete(id, undefined);
    return;
  }
  const etag = Item.safeParse(item).data?.etag ?? '';
  const ifMatch = { create: undefined, update: '*', updateifmatchetag: etag }[mode];
  enrollments.put(id, item, ifMatch, service.settings);
}
