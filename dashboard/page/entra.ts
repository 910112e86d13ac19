import {
  type AccountInfo,
  CacheLookupPolicy,
  InteractionRequiredAuthError,
  PublicClientApplication,
} from '@azure/msal-browser';
import type { Audience } from '../core/api';
import type { SignIn } from '../core/contract';
import type { Identity } from './sign-in';

type Entra = Extract<SignIn, { kind: 'entra' }>;

/** The browser leaves the page. */
const leaving = (): Promise<never> => new Promise(() => undefined);

async function accountOf(app: PublicClientApplication, scopes: Entra['scopes']): Promise<AccountInfo> {
  const answer = await app.handleRedirectPromise();
  const account = answer?.account ?? app.getAllAccounts()[0];
  if (account !== undefined) return account;
  // One resource a sign-in; the other one's token is had with the refresh token.
  const [first] = Object.values(scopes);
  await app.loginRedirect({ scopes: first === undefined ? [] : [first] });
  return leaving();
}

/** No iframe renews a token, so that the policy needs to allow none: when the refresh token has ended, one signs in again. */
async function tokenOf(app: PublicClientApplication, account: AccountInfo, scope: string): Promise<string> {
  const scopes = [scope];
  try {
    const cacheLookupPolicy = CacheLookupPolicy.AccessTokenAndRefreshToken;
    return (await app.acquireTokenSilent({ scopes, account, cacheLookupPolicy })).accessToken;
  } catch (error) {
    if (!(error instanceof InteractionRequiredAuthError)) throw error;
    await app.acquireTokenRedirect({ scopes, account });
    return leaving();
  }
}

/** Signs in by redirect. Tokens lie in the tab's session storage and end with it. */
export async function entraIdentity({ clientId, authority, scopes }: Entra): Promise<Identity> {
  const redirectUri = `${location.origin}${location.pathname}`;
  const app = new PublicClientApplication({
    auth: { clientId, authority, redirectUri },
    cache: { cacheLocation: 'sessionStorage' },
  });
  await app.initialize();
  const account = await accountOf(app, scopes);
  return {
    name: account.username,
    token: async (audience: Audience) => {
      const scope = scopes[audience];
      return scope === undefined ? undefined : tokenOf(app, account, scope);
    },
    signOut: () => void app.logoutRedirect({ account }),
  };
}
