import { covers, isSignedBy, parseSas } from '../auth/sas';
import { TokenError } from '../entra/tokens';
import { PROVISIONING_AUDIENCE } from '../entra/audiences';
import { DpsError } from './errors';
import type { ProvisioningService } from './services';
import type { DpsRight } from './settings';

/** What an operation of the service API needs: of a policy a right, of a role a data action. */
export interface Need {
  readonly right: DpsRight;
  /** Below `Microsoft.Devices/provisioningServices/` (iot-dps/concepts-control-access-dps-azure-ad.md). */
  readonly action: string;
}

/** Who may write may read, as in a hub (a named setting, docs/emulator/provisioning.md). */
const INCLUDED: Partial<Record<DpsRight, DpsRight>> = {
  EnrollmentRead: 'EnrollmentWrite',
  RegistrationStatusRead: 'RegistrationStatusWrite',
};

/**
 * Lets a caller of the service API through.
 *
 * @param path without host, not encoded
 * @throws DpsError Unauthorized, with the same text whatever is wrong
 */
export function authorize(
  service: ProvisioningService,
  credential: string | undefined,
  path: string,
  need: Need,
): void {
  const bearer = /^Bearer (\S+)$/i.exec(credential ?? '')?.[1];
  const isAllowed = bearer === undefined ? bySas(service, credential ?? '', path, need) : byRole(service, bearer, need);
  if (!isAllowed) throw new DpsError('InvalidCredential', 'Unauthorized');
}

function bySas(
  { settings, hostName }: ProvisioningService,
  credential: string,
  path: string,
  { right }: Need,
): boolean {
  const token = parseSas(credential);
  if (settings.disableLocalAuth || token === undefined || token.expiresAt <= Date.now()) return false;
  const policy = settings.policies.find(({ keyName }) => keyName === token.policy);
  const holds = [right, INCLUDED[right]].some((each) => each !== undefined && policy?.rights.includes(each));
  if (policy === undefined || !holds) return false;
  return (
    coversPath(token.resource, `${hostName}/${path}`) && isSignedBy(token, [policy.primaryKey, policy.secondaryKey])
  );
}

/** Paths of DPS are the same in any case. */
const coversPath = (resource: string, uri: string): boolean => covers(resource.toLowerCase(), uri.toLowerCase());

function byRole({ settings, world }: ProvisioningService, bearer: string, { action }: Need): boolean {
  try {
    const principal = world.authority.principalOf(bearer, PROVISIONING_AUDIENCE);
    const dataAction = `Microsoft.Devices/provisioningServices/${action}`;
    return world.authority.allows(principal, settings.resourceId, dataAction);
  } catch (error) {
    if (error instanceof TokenError) return false;
    throw error;
  }
}
