import { BULK } from '../../../domain/dps-limits';
import { isObject, sameJson } from '../../../domain/json';
import { cut } from '../../../domain/outcome';
import type { Json } from '../../../domain/spec';
import type { Pointed } from '../../ledger/moves';
import { eachBounded } from '../../pool';
import type { EnrollmentRule, IndividualEnrollment, PointAnswer, Provisioning } from '../../provisioning-ports';
import { type Road, sameHost } from './road';

/** Enrollments read, or bulk calls made, at once; the service's own pace is the provisioning port's. */
const WIDTH = 8;
/** Tries to change an enrollment that changes between reading and writing. */
const WRITES = 5;

/** What one individual enrollment is to say. */
export interface Wish {
  readonly registrationId: string;
  readonly wanted: Pointed;
  /** As it was read a moment ago, where it was. */
  readonly read?: IndividualEnrollment;
}

/** What an enrollment says now, in the form in which it can be said again. */
export const pointedOf = ({ allocationPolicy, hubs, reprovisionPolicy }: EnrollmentRule): Pointed => ({
  allocationPolicy: allocationPolicy ?? null,
  hubs,
  reprovisionPolicy: reprovisionPolicy ?? null,
});

/** Sends the device to one hub. */
export const onlyTo = (host: string): Pointed => ({ allocationPolicy: 'static', hubs: [host] });

/** Whether the enrollment can send the device to no other hub. */
export const leadsOnlyTo = ({ allocationPolicy, hubs }: Pointed, host: string): boolean =>
  hubs.length === 1 && sameHost(hubs[0], host) && allocationPolicy !== 'custom';

const withoutNull = (policy: Pointed['reprovisionPolicy']): Json =>
  isObject(policy as Json) ? (policy as unknown as Json) : null;

function says(enrollment: IndividualEnrollment, wanted: Pointed): boolean {
  const now = pointedOf(enrollment);
  return (
    now.allocationPolicy === wanted.allocationPolicy &&
    now.hubs.length === wanted.hubs.length &&
    now.hubs.every((host, index) => sameHost(host, wanted.hubs[index] ?? '')) &&
    (wanted.reprovisionPolicy === undefined ||
      sameJson(withoutNull(now.reprovisionPolicy), withoutNull(wanted.reprovisionPolicy)))
  );
}

const chunked = <Item>(items: readonly Item[], size: number): Item[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size));

const GONE = 'its enrollment is gone';

/**
 * Makes individual enrollments say where their devices belong, in bulk, each against the etag that was read. One that says
 * so already is left alone; one that somebody changes meanwhile is read again.
 *
 * @param go asked right before each bulk; once it says no, no further one is sent
 * @returns why some could not be changed, by registration id
 */
export async function pointAll(
  road: Road,
  service: Provisioning,
  wishes: readonly Wish[],
  go: () => boolean = () => true,
): Promise<ReadonlyMap<string, string>> {
  const refused = new Map<string, string>();
  let open = wishes;
  for (let tries = 0; open.length > 0 && go(); tries += 1) {
    if (tries === WRITES) {
      for (const { registrationId } of open)
        refused.set(registrationId, `its enrollment changed ${WRITES} times while it was written`);
      break;
    }
    open = await onceOver(road, service, open, { refused, go });
  }
  return refused;
}

interface Round {
  readonly refused: Map<string, string>;
  readonly go: () => boolean;
}

/** @returns those that changed between reading and writing */
async function onceOver(
  road: Road,
  service: Provisioning,
  wishes: readonly Wish[],
  { refused, go }: Round,
): Promise<Wish[]> {
  const due: (Wish & { readonly read: IndividualEnrollment })[] = [];
  await eachBounded(wishes, WIDTH, async ({ read, ...wish }) => {
    const enrollment = read ?? (await road.call(() => service.enrollment(wish.registrationId)));
    if (enrollment === undefined) refused.set(wish.registrationId, GONE);
    else if (!says(enrollment, wish.wanted)) due.push({ ...wish, read: enrollment });
  });
  const again: Wish[] = [];
  await eachBounded(
    chunked(due, BULK),
    WIDTH,
    async (bulk) => {
      const pointings = bulk.map(({ registrationId, wanted, read }) => ({
        registrationId,
        etag: read.etag,
        ...wanted,
      }));
      const answers = await road.call(() => service.point(pointings));
      for (const answer of answers) again.push(...againAfter(answer, bulk, refused));
    },
    go,
  );
  return again;
}

function againAfter(answer: PointAnswer, bulk: readonly Wish[], refused: Map<string, string>): Wish[] {
  const { registrationId } = answer;
  if (answer.kind === 'pointed') return [];
  if (answer.kind === 'changed')
    return bulk
      .filter((wish) => sameHost(wish.registrationId, registrationId))
      .map(({ wanted }) => ({ registrationId, wanted }));
  refused.set(
    registrationId,
    answer.kind === 'gone' ? GONE : cut(`its enrollment cannot be changed: ${answer.detail}`),
  );
  return [];
}
