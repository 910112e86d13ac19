import type { Credential } from '../attest';
import { apiVersionOf, payloadOf } from '../device-request';
import { operationView, registrationResult, type Registration } from '../registration';
import type { AddDpsRoute, DpsCall } from './call';

const DEVICE = { of: 'device' } as const;

/** The device API over HTTPS (azure-rest-api-specs, deviceprovisioningservices/data-plane, device/routes.tsp). */
export function deviceRoutes(add: AddDpsRoute): void {
  add('PUT', '/:idScope/registrations/:registrationId/register', DEVICE, register);
  add('GET', '/:idScope/registrations/:registrationId/operations/:operationId', DEVICE, poll);
  add('POST', '/:idScope/registrations/:registrationId', DEVICE, lookUp);
}

const idOf = ({ params }: DpsCall): string => params.registrationId ?? '';

const credentialOf = ({ header, certificates }: DpsCall): Credential => ({
  sas: header('authorization'),
  certificates: certificates(),
});

function register(call: DpsCall): unknown {
  const registrationId = idOf(call);
  const apiVersion = apiVersionOf(call.query['api-version']);
  const payload = payloadOf(registrationId, call.body);
  const { registrar } = call.service;
  return answer(call, registrar.register({ registrationId, payload, apiVersion }, credentialOf(call)));
}

const poll = (call: DpsCall): unknown =>
  answer(call, call.service.registrar.poll(idOf(call), credentialOf(call), call.params.operationId ?? ''));

const lookUp = (call: DpsCall): unknown =>
  registrationResult(call.service.registrar.lookUp(idOf(call), credentialOf(call)));

/** 202 with where and when to ask again, as long as there is work to be done. */
function answer(call: DpsCall, registration: Registration): unknown {
  if (registration.status === 'assigning') {
    const { idScope = '', registrationId = '' } = call.params;
    call.status(202);
    call.set('retry-after', String(call.service.options.retryAfterSeconds));
    call.set('location', `https://${call.host}/${idScope}/registrations/${registrationId}/register`);
  }
  return operationView(registration);
}
