import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import { z } from 'zod';

import type { Entra } from '../entra/entra';
import { SUBSCRIPTION_ID } from '../entra/principal';
import type { ProvisioningServices } from '../dps/services';
import type { Namespaces } from '../event-hubs/namespaces';
import type { Hubs } from '../hub/hubs';
import { ARM_HOST_PATTERN } from '../names';
import type { SignalRServices } from '../signalr/services';
import type { Storage } from '../storage/storage';
import { decodedUri } from '../uri';
import { COMMON_KINDS } from '../world/faults';
import { passes, type Strike } from '../world/http-faults';
import { callerOf } from './authentication';
import type { ArmContext } from './context';
import { Dispatcher, type Method } from './dispatch';
import { ArmError, badRequest } from './errors';
import { Operations } from './operations';
import { parsePath } from './path';
import type { ArmRequest, ResourceType } from './resource-type';
import type { ResourceStore } from './store';
import { blobContainers } from './types/blob-containers';
import { blobServiceSettings } from './types/blob-service-settings';
import { consumerGroups } from './types/consumer-groups';
import { dpsCertificates, hubCertificates } from './types/certificates';
import { DEVICES } from './types/devices';
import { transferActions } from './types/hub-transfers';
import { eventHubNamespaces, eventHubProvider } from './types/event-hub-namespaces';
import { eventHubRules } from './types/event-hub-rules';
import { eventHubGroups, eventHubs } from './types/event-hubs';
import { immutabilityPolicies } from './types/immutability-policies';
import { iotHubChildren } from './types/iot-hub-children';
import { devicesProvider, iotHubKeys, iotHubs } from './types/iot-hubs';
import { managementPolicies } from './types/management-policies';
import { provisioningServiceChildren, provisioningServices } from './types/provisioning-services';
import { allResources, resourceGroups, subscriptions } from './types/resource-groups';
import { roleDefinitions } from './types/role-definitions';
import { roleAssignments } from './types/role-assignments';
import { signalR } from './types/signalr';
import { storageAccounts } from './types/storage-accounts';
import { tables } from './types/tables';
import { userAssignedIdentities } from './types/user-assigned-identities';

export interface ArmOptions {
  readonly hubs: Hubs;
  readonly namespaces: Namespaces;
  readonly provisioning: ProvisioningServices;
  readonly storage: Storage;
  readonly signalr: SignalRServices;
  readonly entra: Pick<Entra, 'verify'>;
  readonly resources: ResourceStore;
}

const METHODS: readonly Method[] = ['GET', 'PUT', 'PATCH', 'DELETE', 'POST'];
const API_VERSION = /^\d{4}-\d{2}-\d{2}(-preview|-privatepreview)?$/;

function typesOf(context: ArmContext): ResourceType[] {
  const services = [
    iotHubs(context, transferActions(context)),
    iotHubKeys(context),
    ...iotHubChildren(context),
    consumerGroups(context),
    hubCertificates(context),
    provisioningServices(context),
    ...provisioningServiceChildren(context),
    dpsCertificates(context),
    userAssignedIdentities(context),
    devicesProvider(context),
    storageAccounts(context),
    blobContainers(context),
    blobServiceSettings(context),
    immutabilityPolicies(context),
    managementPolicies(context),
    tables(context),
    signalR(context),
    eventHubNamespaces(context),
    eventHubs(context),
    eventHubGroups(context),
    ...eventHubRules(context),
    eventHubProvider(context),
    roleAssignments(context),
    roleDefinitions(context),
    subscriptions(context),
    allResources(context),
    context.operations.type(DEVICES),
    context.operations.type('Microsoft.Resources'),
  ];
  return [...services, resourceGroups(context, services)];
}

/** @throws ArmError when the version is missing or has no date's form; any well-formed version is accepted */
function apiVersionOf(query: ArmRequest['query']): string {
  const version = query['api-version'];
  if (version === undefined) {
    const text = 'The api-version query parameter (?api-version=) is required for all requests.';
    throw badRequest(text, 'MissingApiVersionParameter');
  }
  if (API_VERSION.test(version)) return version;
  throw badRequest(`The api-version '${version}' is invalid.`, 'InvalidApiVersionParameter');
}

function requestOf({ url, query, headers, body }: FastifyRequest, entra: ArmOptions['entra']): ArmRequest {
  const caller = callerOf(headers.authorization, entra);
  const parameters = query as ArmRequest['query'];
  const apiVersion = apiVersionOf(parameters);
  // The clients write `/{scope}/…` with a scope that begins, and may end, with a slash of its own.
  const id = decodedPath(url)
    .replace(/\/{2,}/g, '/')
    .replace(/(?<!^)\/+$/, '');
  return {
    path: parsePath(id),
    id,
    apiVersion,
    query: parameters,
    headers,
    body: parseJson(typeof body === 'string' ? body : ''),
    caller,
  };
}

/** @throws ArmError */
function decodedPath(url: string): string {
  const path = decodedUri(url.split('?', 1)[0] ?? '');
  if (path === undefined) throw badRequest('The path of the request is not properly encoded.');
  return path;
}

/** @throws ArmError for a body that is no JSON object; none at all counts as an empty one */
function parseJson(text: string): ArmRequest['body'] {
  if (text.trim() === '') return {};
  const body = z.record(z.string(), z.unknown()).safeParse(jsonOf(text));
  if (body.success) return body.data;
  throw badRequest('The request content must be a JSON object.');
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw badRequest('The request content was invalid and could not be deserialized.');
  }
}

function answerError(error: Error & { statusCode?: number }, request: FastifyRequest, reply: FastifyReply): void {
  if (error instanceof ArmError) {
    void reply.code(error.status).headers(error.headers).send(error.body());
    return;
  }
  const status = error.statusCode ?? 500;
  if (status >= 500) console.error(`iothub-emulator: ${request.method} ${request.url.split('?', 1)[0] ?? ''}`, error);
  const code = status >= 500 ? 'InternalServerError' : 'BadRequest';
  void reply.code(status).send(new ArmError(status, code, error.message).body());
}

/** As `refuseUnroutable` of the hubs: what fastify cannot route at all. */
export function refuseUnroutableArm(error: Error, _request: FastifyRequest, reply: FastifyReply): void {
  const known = badRequest(error.message);
  void reply.code(known.status).send(known.body());
}

/** What faults call the operations of a type: `arm.iothubs.put`, and of an action `arm.iothubs.iothubkeys.listkeys.post`. */
function operationsOf({ type, actions = {}, ...handlers }: ResourceType): string[] {
  const base = ['arm', ...type.split('/').slice(1)].join('.').toLowerCase();
  const isRead = handlers.get !== undefined || handlers.list !== undefined;
  const methods = (['put', 'patch', 'delete'] as const).filter((method) => handlers[method] !== undefined);
  const posts = Object.keys(actions).map((action) => `${action}.post`.toLowerCase());
  return [...(isRead ? ['get'] : []), ...methods, ...posts].map((name) => `${base}.${name}`);
}

const faultOf: Strike['refusal'] = (status, retryAfter) =>
  new ArmError(
    status,
    status === 429 ? 'TooManyRequests' : 'InternalServerError',
    'A fault that the emulator was asked for.',
    retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) },
  );

/** The Azure Resource Manager at `https://management.azure.test`: routes of that host only. */
export function armPlugin(
  fastify: FastifyInstance,
  { hubs, namespaces, provisioning, storage, signalr, entra, resources }: ArmOptions,
): Promise<void> {
  const operations = new Operations(SUBSCRIPTION_ID, provisioning.world);
  const context = {
    hubs,
    namespaces,
    provisioning,
    storage,
    signalr,
    store: resources,
    operations,
    subscriptionId: SUBSCRIPTION_ID,
  };
  const types = typesOf(context);
  const dispatcher = new Dispatcher(context, types);
  const { world } = provisioning;
  world.faults.declare(COMMON_KINDS, ...types.flatMap(operationsOf));
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', { parseAs: 'string' }, (_request, text, done) => done(null, text));
  fastify.setErrorHandler<Error & { statusCode?: number }>(answerError);
  fastify.route({
    method: [...METHODS],
    url: '/*',
    constraints: { host: ARM_HOST_PATTERN },
    handler: async (request, reply) => {
      const asked = requestOf(request, entra);
      const operation = ['arm', ...asked.path.types, request.method].join('.').toLowerCase();
      if (!(await passes(world, { operation, occasion: {}, reply, refusal: faultOf }))) return reply;
      const answer = await dispatcher.answer(request.method as Method, asked);
      world.counters.add(`${operation} ${answer.status}`);
      return reply
        .code(answer.status)
        .headers({ 'cache-control': 'no-store', 'x-ms-request-id': request.id, ...answer.headers })
        .send(answer.body);
    },
  });
  return Promise.resolve();
}
