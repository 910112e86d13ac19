import { Tokens } from '../../../emulator/entra/tokens';
import { azuriteAccounts } from '../../../emulator/storage/accounts';
import { refusalOf } from '../../../emulator/storage/guard';

const tokens = new Tokens();
const account = {
  name: 'ledger',
  keys: ['a', 'b'],
  allowSharedKeyAccess: false,
  allowBlobPublicAccess: false,
} as const;
const STORAGE = 'https://storage.azure.com';

const codeOf = (headers: Record<string, string>, url = '/c/b', own: object = {}): string | undefined => {
  const request = { url, headers: { host: 'ledger.blob.azure.test', ...headers } };
  return refusalOf(request, new Map([['ledger', { ...account, ...own }]]), tokens.publicKey)?.code;
};
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

it('lets a token through that Entra ID signed', () => {
  expect(codeOf(bearer(tokens.issue(STORAGE).token))).toBeUndefined();
});

it('refuses tokens of another issuer and tokens without a signature, which Azurite would take', () => {
  const [header, payload] = tokens.issue(STORAGE).token.split('.');

  expect(codeOf(bearer(new Tokens().issue(STORAGE).token))).toBe('InvalidAuthenticationInfo');
  expect(codeOf(bearer(`${header}.${payload}.`))).toBe('InvalidAuthenticationInfo');
});

it('refuses account keys and SAS signed with them while shared keys are off, but no user delegation SAS', () => {
  expect(codeOf({ authorization: 'SharedKey ledger:sig' })).toBe('KeyBasedAuthenticationNotPermitted');
  expect(codeOf({}, '/c/b?sv=1&sig=x')).toBe('KeyBasedAuthenticationNotPermitted');
  expect(codeOf({}, '/c/b?sv=1&skoid=1&sig=x')).toBeUndefined();
  expect(codeOf({ authorization: 'SharedKey ledger:sig' }, '/c/b', { allowSharedKeyAccess: true })).toBeUndefined();
});

it('refuses to make a container public unless the account allows it', () => {
  const headers = { ...bearer(tokens.issue(STORAGE).token), 'x-ms-blob-public-access': 'blob' };

  expect(codeOf(headers)).toBe('PublicAccessNotPermitted');
  expect(codeOf(headers, '/c', { allowBlobPublicAccess: true })).toBeUndefined();
});

it.each(['devstoreaccount1.blob.azure.test', '127.0.0.1:10000', ''])('knows no account behind the host %j', (host) => {
  expect(codeOf({ host, ...bearer(tokens.issue(STORAGE).token) })).toBe('ResourceNotFound');
});

it('writes accounts as Azurite reads them', () => {
  expect(azuriteAccounts([account, { ...account, name: 'two' }])).toBe('ledger:a:b;two:a:b');
});
