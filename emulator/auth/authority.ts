import { TokenError } from '../entra/tokens';

/** Who bears an Entra token, and until when. */
export interface TokenPrincipal {
  /** Object id of the service principal: what roles are assigned to. */
  readonly objectId: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** Who may do what on the data planes: tokens of the local Entra ID, roles assigned through the Resource Manager. */
export interface Authority {
  /**
   * Reads a Bearer token, without the word `Bearer`.
   *
   * @param audience the service that is asked: an address of `entra/audiences.ts`
   * @throws TokenError when the token is not ours, has expired, or is for another audience
   */
  principalOf(token: string, audience: string): TokenPrincipal;
  /**
   * @param resourceId id in the Resource Manager of the hub or provisioning service (`settings.resourceId`)
   * @param dataAction for example `Microsoft.Devices/IotHubs/twins/read`, with any case
   */
  allows(principal: TokenPrincipal, resourceId: string, dataAction: string): boolean;
}

/** For services without an Entra ID beside them, such as those of unit tests: no token is good. */
export const noAuthority: Authority = {
  principalOf() {
    throw new TokenError('malformed', 'there is no Entra ID here');
  },
  allows: () => false,
};
