import { mkdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { PRINCIPAL } from '../entra/principal';
import { LOOPBACK, STATE_VARIABLE } from '../names';
import { javaVariables } from './languages/java';
import { nodeVariables } from './languages/node';
import { pythonVariables } from './languages/python';
import { packageRoot } from './package-root';
import type { State } from './state';
import { writeTrust } from './trust';
import { withPart, type Environment } from './variables';

/**
 * The variables that make a program use the emulator; nothing else of it need change. Writes the files that they name
 * into the state directory.
 *
 * @param base the environment that the program would have had: what is set there already is kept and added to
 */
export async function environmentOf(
  stateDir: string,
  state: State,
  base: Environment,
): Promise<Record<string, string>> {
  const folder = join(stateDir, 'exec');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const trust = await writeTrust(folder, state.caFile, base);
  return {
    ...redirectVariables(state, base),
    ...nodeVariables(trust, base),
    ...pythonVariables(trust, base),
    ...(await javaVariables(trust, { proxy: state.proxy, folder, base })),
    ...identityVariables(state),
    ...adminVariables(state),
    PATH: withPart(base.PATH, join(packageRoot(), 'bin', 'pulumi'), { separator: delimiter, place: 'first' }),
    [STATE_VARIABLE]: stateDir,
  };
}

/** The table, the proxy that follows it, and no other proxy for its names. */
function redirectVariables({ redirects, proxy }: State, base: Environment): Record<string, string> {
  // Clients differ in whether a leading dot means the name itself too, and in which spelling they read.
  const own = [...new Set(redirects.flatMap(({ suffix }) => [suffix, `.${suffix}`])), LOOPBACK];
  const direct = own.reduce(
    (list, name) => withPart(list, name, { separator: ',' }),
    base.no_proxy ?? base.NO_PROXY ?? '',
  );
  return {
    IOTHUB_EMULATOR_REDIRECTS: JSON.stringify(redirects),
    IOTHUB_EMULATOR_PROXY: `${LOOPBACK}:${proxy}`,
    NO_PROXY: direct,
    no_proxy: direct,
  };
}

/** The secret's holder may do anything to the emulator, and nothing outside it. */
const adminVariables = ({ admin }: State): Record<string, string> =>
  admin === undefined
    ? {}
    : { IOTHUB_EMULATOR_ADMIN_ENDPOINT: admin.endpoint, IOTHUB_EMULATOR_ADMIN_SECRET: admin.secret };

const identityVariables = ({ identity, subscriptionId, tenantId }: State): Record<string, string> => ({
  IDENTITY_ENDPOINT: identity.endpoint,
  IDENTITY_HEADER: identity.header,
  // Else a service principal or a login of the user's own would come first, and ask the real Entra ID.
  AZURE_TOKEN_CREDENTIALS: 'ManagedIdentityCredential',
  AZURE_CLIENT_ID: PRINCIPAL.clientId,
  ARM_SUBSCRIPTION_ID: subscriptionId,
  ARM_TENANT_ID: tenantId,
});
