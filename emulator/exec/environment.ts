import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { PRINCIPAL } from '../entra/principal';
import { STATE_VARIABLE } from '../names';
import type { State } from './state';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The variables that make a program use the emulator; nothing else of it need change.
 *
 * @param base the environment that the program would have had: what is set there already is kept and added to
 */
export async function environmentOf(
  stateDir: string,
  state: State,
  base: Environment,
): Promise<Record<string, string>> {
  const preload = join(__dirname, 'preload.js');
  return {
    NODE_OPTIONS: withPart(base.NODE_OPTIONS, `--require ${JSON.stringify(preload)}`, ' '),
    NODE_EXTRA_CA_CERTS: await certificatesOf(stateDir, state.caFile, base.NODE_EXTRA_CA_CERTS),
    IOTHUB_EMULATOR_REDIRECTS: JSON.stringify(state.redirects),
    IDENTITY_ENDPOINT: state.identity.endpoint,
    IDENTITY_HEADER: state.identity.header,
    // Else a service principal or a login of the user's own would come first, and ask the real Entra ID.
    AZURE_TOKEN_CREDENTIALS: 'ManagedIdentityCredential',
    AZURE_CLIENT_ID: PRINCIPAL.clientId,
    ARM_SUBSCRIPTION_ID: state.subscriptionId,
    ARM_TENANT_ID: state.tenantId,
    PATH: withPart(base.PATH, join(packageRoot(), 'bin', 'pulumi'), delimiter, 'first'),
    [STATE_VARIABLE]: stateDir,
  };
}

function withPart(list: string | undefined, part: string, separator: string, place: 'first' | 'last' = 'last'): string {
  if (!list) return part;
  if (list.includes(part)) return list;
  return (place === 'first' ? [part, list] : [list, part]).join(separator);
}

/** Compiled code lies one folder below the package, sources lie in it. */
const packageRoot = (): string => {
  const parent = resolve(__dirname, '..');
  return existsSync(join(parent, 'package.json')) ? parent : resolve(parent, '..');
};

/** The emulator's CA, together with what the caller trusts already: node reads one file only. */
async function certificatesOf(stateDir: string, caFile: string, trusted: string | undefined): Promise<string> {
  const bundle = join(stateDir, 'tls', 'trusted.pem');
  if (!trusted || resolve(trusted) === caFile || resolve(trusted) === bundle) return caFile;
  const texts = await Promise.all([readFile(caFile, 'utf8'), readFile(trusted, 'utf8').catch(() => '')]);
  await writeFile(bundle, texts.join('\n'));
  return bundle;
}
