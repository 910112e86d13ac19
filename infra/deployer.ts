import type { GetClientConfigResult } from '@pulumi/azure-native/authorization';

/** The application that people sign in through with `az login` (Azure CLI, its well-known client id). */
const AZURE_CLI = '04b07795-8ddb-461a-bbee-02f9e1bf7b46';

/**
 * What kind of principal deploys. Azure does not say; but people deploy through the Azure CLI's application, and every
 * other application (a managed identity, a pipeline) is a service principal itself.
 */
export const principalTypeOf = ({ clientId }: Pick<GetClientConfigResult, 'clientId'>): 'User' | 'ServicePrincipal' =>
  clientId.toLowerCase() === AZURE_CLI ? 'User' : 'ServicePrincipal';
