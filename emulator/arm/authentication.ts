import { ARM_AUDIENCES } from '../entra/audiences';
import type { Entra } from '../entra/entra';
import { type Claims, TokenError } from '../entra/tokens';
import { ArmError } from './errors';

const CODES = {
  malformed: 'InvalidAuthenticationToken',
  expired: 'ExpiredAuthenticationToken',
  audience: 'InvalidAuthenticationTokenAudience',
} as const;

const unauthorized = (code: string, message: string): ArmError =>
  new ArmError(401, code, message, { 'www-authenticate': `Bearer error="invalid_token", error_description="${code}"` });

/**
 * @param authorization the request's header
 * @throws ArmError 401 in the Resource Manager's words when there is no token, or not one for it
 */
export function callerOf(authorization: string | undefined, entra: Pick<Entra, 'verify'>): Claims {
  const token = /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1];
  if (token === undefined) {
    throw unauthorized(
      'AuthenticationFailed',
      "Authentication failed. The 'Authorization' header is missing or is no Bearer token.",
    );
  }
  try {
    return entra.verify(token, ARM_AUDIENCES);
  } catch (cause) {
    if (cause instanceof TokenError)
      throw unauthorized(CODES[cause.kind], `The access token is invalid: ${cause.message}.`);
    throw cause;
  }
}
