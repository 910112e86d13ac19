import { z } from 'zod';

import { newKey } from '../../auth/keys';
import type { AccessRule } from '../../event-hubs/settings';
import { eventsHostName } from '../../names';
import type { ArmContext } from '../context';
import { parseBody } from '../envelope';
import { badRequest } from '../errors';
import { type ArmAnswer, type ArmRequest, type Handler, listOf, ok, type ResourceType } from '../resource-type';
import { namespaceOf, NAMESPACES } from './event-hub-namespaces';
import { EVENT_HUBS } from './event-hubs';

/** Policies of a namespace, and of each event hub (event-hubs/authorize-access-shared-access-signature.md). */
const MAX_RULES = 12;

const description = z.looseObject({
  properties: z.looseObject({
    rights: z
      .array(z.enum(['Listen', 'Send', 'Manage']))
      .min(1)
      .refine(
        (rights) => !rights.includes('Manage') || (rights.includes('Listen') && rights.includes('Send')),
        'Manage needs Listen and Send beside it',
      ),
  }),
});
const regeneration = z.looseObject({
  keyType: z.enum(['PrimaryKey', 'SecondaryKey']),
  key: z.string().min(1).nullish(),
});

/** Whose policies they are. */
interface Holder {
  readonly rules: readonly AccessRule[];
  readonly replace: (rules: readonly AccessRule[]) => void;
  /** What a connection string has beside the key. */
  readonly endpoint: string;
  readonly entityPath: string | undefined;
}

type HolderOf = (request: ArmRequest) => Holder | undefined;

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

function keysOf({ endpoint, entityPath }: Holder, { keyName, primaryKey, secondaryKey }: AccessRule): unknown {
  const end = entityPath === undefined ? '' : `;EntityPath=${entityPath}`;
  const text = (key: string): string =>
    `Endpoint=${endpoint};SharedAccessKeyName=${keyName};SharedAccessKey=${key}${end}`;
  return {
    keyName,
    primaryKey,
    secondaryKey,
    primaryConnectionString: text(primaryKey),
    secondaryConnectionString: text(secondaryKey),
  };
}

function put(holder: Holder, name: string, found: AccessRule | undefined, { body }: ArmRequest): AccessRule {
  const { rights } = parseBody(description, body).properties;
  if (!/^[\w.-]{1,256}$/.test(name)) throw badRequest(`'${name}' is no name of a policy`, 'InvalidResourceName');
  if (found === undefined && holder.rules.length >= MAX_RULES)
    throw badRequest(`there are at most ${MAX_RULES} shared access policies`, 'MessagingGatewayBadRequest');
  const rule = { keyName: name, primaryKey: newKey(), secondaryKey: newKey(), ...found, rights };
  holder.replace([...holder.rules.filter((one) => one !== found), rule]);
  return rule;
}

function regenerate(holder: Holder, found: AccessRule, { body }: ArmRequest): ArmAnswer {
  const { keyType, key } = parseBody(regeneration, body);
  const rule = { ...found, [keyType === 'PrimaryKey' ? 'primaryKey' : 'secondaryKey']: key ?? newKey() };
  holder.replace(holder.rules.map((one) => (one === found ? rule : one)));
  return ok(keysOf(holder, rule));
}

function rulesType(type: string, holderOf: HolderOf): ResourceType {
  const shown = (id: string, { keyName, rights }: AccessRule): unknown => ({
    id,
    name: keyName,
    type,
    properties: { rights },
  });
  const named =
    (answer: (holder: Holder, rule: AccessRule, request: ArmRequest) => ArmAnswer): Handler =>
    (request) => {
      const holder = holderOf(request);
      const rule = holder?.rules.find(({ keyName }) => same(keyName, request.path.names.at(-1) ?? ''));
      return holder && rule && answer(holder, rule, request);
    };
  return {
    type,
    get: named((_holder, rule, { id }) => ok(shown(id, rule))),
    list: (request) => {
      const holder = holderOf(request);
      return holder && listOf(holder.rules.map((rule) => shown(`${request.id}/${rule.keyName}`, rule)));
    },
    put: (request) => {
      const holder = holderOf(request);
      if (holder === undefined) return undefined;
      const name = request.path.names.at(-1) ?? '';
      const found = holder.rules.find(({ keyName }) => same(keyName, name));
      return ok(shown(request.id, put(holder, found?.keyName ?? name, found, request)));
    },
    delete: (request) => {
      const holder = holderOf(request);
      const name = request.path.names.at(-1) ?? '';
      const left = holder?.rules.filter(({ keyName }) => !same(keyName, name)) ?? [];
      if (holder === undefined || left.length === holder.rules.length) return { status: 204 };
      holder.replace(left);
      return { status: 200 };
    },
    actions: {
      listkeys: named((holder, rule) => ok(keysOf(holder, rule))),
      regeneratekeys: named((holder, rule, request) => regenerate(holder, rule, request)),
    },
  };
}

const endpointOf = (namespace: string): string => `sb://${eventsHostName(namespace.toLowerCase())}/`;

/** Shared access policies of namespaces and of event hubs; their keys are in no resource. */
export const eventHubRules = (context: ArmContext): ResourceType[] => [
  rulesType(`${NAMESPACES}/authorizationRules`, (request) => {
    const namespace = namespaceOf(context, request);
    return (
      namespace && {
        rules: namespace.settings.rules,
        replace: (rules) => void (namespace.settings = { ...namespace.settings, rules }),
        endpoint: endpointOf(namespace.name),
        entityPath: undefined,
      }
    );
  }),
  rulesType(`${EVENT_HUBS}/authorizationRules`, (request) => {
    const namespace = namespaceOf(context, request);
    const eventHub = namespace?.get(request.path.names[1] ?? '');
    return (
      namespace &&
      eventHub && {
        rules: eventHub.settings.rules,
        replace: (rules) => namespace.put(eventHub.name, { ...eventHub.settings, rules }),
        endpoint: endpointOf(namespace.name),
        entityPath: eventHub.name,
      }
    );
  }),
];
