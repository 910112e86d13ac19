import { z } from 'zod';
import { attestationView } from '../attestation';
import type { Need } from '../access';
import { runDpsBulk } from '../bulk';
import { enrollmentView, type Enrollment } from '../enrollment';
import type { Enrollments } from '../enrollments';
import { badRequest } from '../errors';
import { runDpsQuery, type Source } from '../query';
import { registrationView } from '../registration';
import type { ProvisioningService } from '../services';
import type { JsonObject } from '../../world/json';
import type { AddDpsRoute, DpsCall } from './call';

const QueryBody = z.object({ query: z.string() });

const of = (right: Need['right'], action: string) => ({ of: 'service', need: { right, action } }) as const;

/** The service API (azure-rest-api-specs, deviceprovisioningservices/data-plane, service/routes.tsp). */
export function serviceRoutes(add: AddDpsRoute): void {
  enrollmentRoutes(add, 'enrollments', 'enrollment', ({ individuals }) => individuals);
  enrollmentRoutes(add, 'enrollmentGroups', 'enrollmentGroup', ({ groups }) => groups);
  registrationRoutes(add);
}

function enrollmentRoutes(
  add: AddDpsRoute,
  name: 'enrollments' | 'enrollmentGroups',
  itemType: string,
  pick: (service: ProvisioningService) => Enrollments,
): void {
  const read = of('EnrollmentRead', `${name}/read`);
  const write = of('EnrollmentWrite', `${name}/write`);
  add('GET', `/${name}/:id`, read, (call) => viewOf(call, pick(call.service).require(idOf(call))));
  add('PUT', `/${name}/:id`, write, (call) => {
    const { service, body } = call;
    return viewOf(call, pick(service).put(idOf(call), body, call.header('if-match'), service.settings), true);
  });
  add('DELETE', `/${name}/:id`, of('EnrollmentWrite', `${name}/delete`), (call) => {
    if (name === 'enrollments') call.service.deleteIndividual(idOf(call), call.header('if-match'));
    else call.service.groups.delete(idOf(call), call.header('if-match'));
  });
  add('POST', `/${name}`, write, ({ service, body }) => runDpsBulk(service, pick(service), body));
  add('POST', `/${name}/query`, read, (call) =>
    query(call, itemType, (position) => views(call, pick(call.service).after(position))),
  );
  const secrets = of('EnrollmentWrite', 'attestationmechanism/details/action');
  add('POST', `/${name}/:id/attestationmechanism`, secrets, (call) =>
    attestationView(pick(call.service).require(idOf(call)).attestation, true),
  );
}

function registrationRoutes(add: AddDpsRoute): void {
  const read = of('RegistrationStatusRead', 'registrationStates/read');
  add('GET', '/registrations/:id', read, (call) => registrationView(call.service.registrations.require(idOf(call))));
  add('DELETE', '/registrations/:id', of('RegistrationStatusWrite', 'registrationStates/delete'), (call) => {
    call.service.registrations.delete(idOf(call), call.header('if-match'));
  });
  add('POST', '/registrations/:id/query', read, (call) => query(call, 'deviceRegistration', registrationsOf(call)));
}

const idOf = ({ params }: DpsCall): string => params.id ?? '';

/** An individual enrollment shows how its device's registration stands. */
function viewOf({ service }: Pick<DpsCall, 'service'>, enrollment: Enrollment, withKeys = false): JsonObject {
  const view = enrollmentView(enrollment, withKeys);
  const registration = enrollment.kind === 'individual' ? service.registrations.get(enrollment.id) : undefined;
  return registration === undefined ? view : { ...view, registrationState: registrationView(registration) };
}

function* views(
  call: DpsCall,
  found: Iterable<readonly [number, Enrollment]>,
): Iterable<readonly [number, JsonObject]> {
  for (const [position, enrollment] of found) yield [position, viewOf(call, enrollment)];
}

/** The devices of a group. */
const registrationsOf = (call: DpsCall): Source =>
  function* (position) {
    for (const [at, registration] of call.service.registrations.ofGroup(idOf(call), position)) {
      yield [at, registrationView(registration)];
    }
  };

function query(call: DpsCall, itemType: string, source: Source): unknown {
  const parsed = QueryBody.safeParse(call.body ?? { query: 'SELECT *' });
  if (!parsed.success) throw badRequest('The body must hold a query.');
  const { items, continuation } = runDpsQuery(source, {
    query: parsed.data.query,
    pageSize: call.header('x-ms-max-item-count'),
    continuation: call.header('x-ms-continuation'),
  });
  call.set('x-ms-item-type', itemType);
  if (continuation !== undefined) call.set('x-ms-continuation', continuation);
  return items;
}
