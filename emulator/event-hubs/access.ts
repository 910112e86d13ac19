import { covers, isSignedBy, parseSas, type SasToken } from '../auth/sas';
import { EVENT_HUBS_AUDIENCE } from '../entra/audiences';
import { TokenError } from '../entra/tokens';
import { eventsHostName } from '../names';
import { decodedOrAsIs } from '../uri';
import { unauthorizedAccess } from '../wire/amqp/refusal';
import type { Credential } from '../wire/amqp/service';
import type { Place } from './amqp/session';
import type { Namespace } from './namespaces';
import type { AccessRule } from './settings';

/** Action on data that stands for the claim Send. */
export const SEND_ACTION = 'Microsoft.EventHub/namespaces/messages/send/action';

/** Actions on data that stand for claims (event-hubs/authorize-access-azure-active-directory.md). */
const ACTIONS = {
  Listen: 'Microsoft.EventHub/namespaces/messages/receive/action',
  Send: SEND_ACTION,
} as const;

/** What is asked for; `any`: one of the others will do. */
export type Wanted = 'Listen' | 'Send' | 'any';

/** Whether a token is good now. @returns its end, ms since the epoch. @throws AmqpRefusal */
export function admitToNamespace(namespace: Namespace, { kind, token }: Credential): number {
  if (kind === 'jwt') return principalOf(namespace, token).expiresAt;
  const sas = parseSas(token);
  if (sas === undefined || ruleOf(namespace, sas) === undefined) throw unauthorizedAccess(INVALID);
  return sas.expiresAt;
}

/** Asks for a token, among those put, that allows what is wanted. @throws AmqpRefusal */
export function requireClaim(
  namespace: Namespace,
  credentials: readonly Credential[],
  wanted: Wanted,
  place: Place,
): void {
  if (credentials.some((credential) => allows(namespace, credential, wanted, place))) return;
  const uri = `sb://${eventsHostName(namespace.name.toLowerCase())}/${place.address}`;
  const claims = wanted === 'any' ? 'Listen, Send or Manage' : wanted;
  throw unauthorizedAccess(
    `Unauthorized access. '${claims}' claim(s) are required to perform this operation. Resource: '${uri}'.`,
  );
}

function allows(namespace: Namespace, { kind, token }: Credential, wanted: Wanted, place: Place): boolean {
  return kind === 'jwt' ? allowsPrincipal(namespace, token, wanted, place) : allowsSas(namespace, token, wanted, place);
}

function allowsPrincipal(namespace: Namespace, token: string, wanted: Wanted, { entity, group }: Place): boolean {
  const { authority } = namespace;
  const principal = principalOf(namespace, token);
  const eventHub = namespace.idOf(entity);
  const allowed = (action: string, resource = eventHub): boolean => authority.allows(principal, resource, action);
  const mayRead = (name: string): boolean => allowed(ACTIONS.Listen, `${eventHub}/consumergroups/${name}`);
  if (wanted === 'Send') return allowed(ACTIONS.Send);
  if (wanted === 'Listen') return group !== undefined && mayRead(group);
  // Whoever may read in one group only has to know its partitions, too.
  return allowed(ACTIONS.Send) || (namespace.get(entity)?.consumerGroups ?? []).some(mayRead);
}

function allowsSas(namespace: Namespace, text: string, wanted: Wanted, { address }: Place): boolean {
  const sas = parseSas(text);
  const rule = sas && ruleOf(namespace, sas);
  if (sas === undefined || rule === undefined) return false;
  const uri = `${eventsHostName(namespace.name)}/${address}`.toLowerCase();
  return claims(rule, wanted) && covers(sas.resource.toLowerCase(), uri);
}

const claims = ({ rights }: AccessRule, wanted: Wanted): boolean =>
  wanted === 'any' || rights.includes('Manage') || rights.includes(wanted);

/** The policy that signed a token: of the namespace, or of the event hub that the token is for. */
function ruleOf(namespace: Namespace, sas: SasToken): AccessRule | undefined {
  const { settings } = namespace;
  if (settings.disableLocalAuth || sas.policy === undefined || sas.expiresAt <= Date.now()) return undefined;
  const entity = entityIn(sas.resource);
  const rules = [...settings.rules, ...(namespace.get(entity)?.settings.rules ?? [])];
  return rules.find(
    ({ keyName, primaryKey, secondaryKey }) =>
      keyName.toLowerCase() === sas.policy?.toLowerCase() && isSignedBy(sas, [primaryKey, secondaryKey], 'utf8'),
  );
}

const entityIn = (resource: string): string =>
  decodedOrAsIs(resource)
    .replace(/^[a-z]+:\/\//i, '')
    .split('/')[1] ?? '';

function principalOf({ authority }: Namespace, token: string): ReturnType<Namespace['authority']['principalOf']> {
  try {
    return authority.principalOf(token, EVENT_HUBS_AUDIENCE);
  } catch (error) {
    if (error instanceof TokenError) throw unauthorizedAccess(`${INVALID} ${error.message}`);
    throw error;
  }
}

const INVALID = 'InvalidSignature: The token has an invalid signature, or has expired, or its policy is not known.';
