import { Tokens } from '../../../emulator/entra/tokens';
import { azuriteAccounts } from '../../../emulator/storage/accounts';
import { questionOf, refusalOf } from '../../../emulator/storage/guard';
import { needsOf } from '../../../emulator/storage/needs';

const tokens = new Tokens();
const account = {
  name: 'ledger',
  resourceId: '/subscriptions/s/accounts/ledger',
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

describe('what is asked of roles', () => {
  const CONTAINERS = 'Microsoft.Storage/storageAccounts/blobServices/containers';
  const CONTAINER = `${account.resourceId}/blobServices/default/containers/c`;
  const ask = (method: string, url: string, headers: Record<string, string> = bearer(tokens.issue(STORAGE).token)) => {
    const request = { method, url, headers: { host: 'ledger.blob.azure.test', ...headers } };
    return questionOf(request, new Map([['ledger', account]]), tokens.publicKey, (of) => needsOf(request, of));
  };
  const asked = async (method: string, url: string, headers?: Record<string, string>) => {
    const question = await ask(method, url, headers);
    return question && 'needs' in question
      ? question.needs.map(({ plane, action, resourceId }) => [plane, action, resourceId])
      : question;
  };

  it.each([
    ['GET', '/c/b', 'data', 'blobs/read'],
    ['HEAD', '/c/folder/b', 'data', 'blobs/read'],
    ['PUT', '/c/b?comp=block', 'data', 'blobs/write'],
    ['DELETE', '/c/b', 'data', 'blobs/delete'],
    ['GET', '/c/b?comp=tags', 'data', 'blobs/tags/read'],
    ['GET', '/c?restype=container&comp=list', 'data', 'blobs/read'],
    ['GET', '/c?restype=container', 'control', 'read'],
    ['PUT', '/c?restype=container', 'control', 'write'],
    ['DELETE', '/c?restype=container', 'control', 'delete'],
  ])('needs for %s %s the %s action %s', async (method, url, plane, action) => {
    expect(await asked(method, url)).toEqual([[plane, `${CONTAINERS}/${action}`, CONTAINER]]);
  });

  it('takes paths apart as Azurite does: an encoded slash ends the container', async () => {
    expect(await asked('GET', '/c%2Fb')).toEqual([['data', `${CONTAINERS}/blobs/read`, CONTAINER]]);
    expect(await ask('GET', '/c/%zz')).toMatchObject({ code: 'InvalidUri' });
  });

  it('needs to read what is copied', async () => {
    const headers = {
      ...bearer(tokens.issue(STORAGE).token),
      'x-ms-copy-source': 'https://ledger.blob.azure.test/other/b?sig=1',
    };

    expect(await asked('PUT', '/c/b', headers)).toEqual([
      ['data', `${CONTAINERS}/blobs/write`, CONTAINER],
      ['data', `${CONTAINERS}/blobs/read`, CONTAINER.replace(/c$/, 'other')],
    ]);
  });

  it('asks for whoever made the key of a user delegation SAS, and for nobody when an account key signs', async () => {
    expect(await ask('GET', '/c/b?skoid=me&sig=x', {})).toMatchObject({ objectId: 'me' });
    expect(await ask('GET', '/c/b?sig=x', {})).toBeUndefined();
    expect(await ask('GET', '/c/b', { authorization: 'SharedKey ledger:sig' })).toBeUndefined();
  });

  it('takes no batch whose parts nobody would judge', async () => {
    expect(await asked('POST', '/?comp=batch')).toEqual([
      ['data', `${CONTAINERS}/blobs/delete`, account.resourceId],
      ['data', `${CONTAINERS}/blobs/write`, account.resourceId],
    ]);
    expect(codeOf({}, '/?comp=batch&sv=1&skoid=1&sig=x')).toBe('NotImplemented');
    expect(codeOf({}, '/$batch?sv=1&skoid=1&sig=x')).toBe('NotImplemented');
  });
});
