import type { Audience } from '../core/api';
import type { SignIn } from '../core/contract';

/** Who uses the page. */
export interface Identity {
  readonly name?: string;
  /** @returns undefined where nobody is asked who they are */
  readonly token: (audience: Audience) => Promise<string | undefined>;
  readonly signOut?: () => void;
}

const LOCAL_TOKEN = 'groundswell.token';

/** Of this tab only; it leaves the address, which would else lie in the browser's history. */
function localToken(): string {
  const given = new URLSearchParams(location.hash.replace(/^#/, '')).get('token');
  if (given !== null) {
    sessionStorage.setItem(LOCAL_TOKEN, given);
    history.replaceState(null, '', `${location.pathname}${location.search}`);
  }
  const token = sessionStorage.getItem(LOCAL_TOKEN);
  if (token === null)
    throw new Error('Open the address that the host of the page has printed: it ends with #token= and the token.');
  return token;
}

/** @throws Error, for people, when there is no way in */
export async function identify(signIn: SignIn): Promise<Identity> {
  switch (signIn.kind) {
    case 'none':
      return { token: () => Promise.resolve(undefined) };
    case 'local': {
      const token = localToken();
      return { token: () => Promise.resolve(token) };
    }
    case 'entra': {
      const { entraIdentity } = await import('./entra'); // large, and not needed locally
      return entraIdentity(signIn);
    }
  }
}
