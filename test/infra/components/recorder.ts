import * as pulumi from '@pulumi/pulumi';

/** A resource that a component declared, with its inputs as the engine would get them. */
export interface Recorded {
  readonly type: string;
  readonly name: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** Outputs that services make up, by type; everything else answers its inputs. */
const MADE: Readonly<Record<string, (name: string) => Record<string, unknown>>> = {
  'azure-native:managedidentity:UserAssignedIdentity': (name) => ({
    principalId: `principal-of-${name}`,
    clientId: `client-of-${name}`,
  }),
  'azure-native:storage:StorageAccount': (name) => ({
    primaryEndpoints: {
      blob: `https://${name}.blob.test/`,
      table: `https://${name}.table.test/`,
      web: `https://${name}.web.test/`,
    },
  }),
  'azure-native:storage:StorageAccountStaticWebsite': () => ({ containerName: '$web' }),
  'azure-native:eventhub:Namespace': (name) => ({ serviceBusEndpoint: `https://${name}.servicebus.test:443/` }),
  'azure-native:web:WebApp': (name) => ({ defaultHostName: `${name}.azurewebsites.test` }),
  'azure-native:signalrservice:SignalR': (name) => ({ hostName: `${name}.signalr.test` }),
  'azure-native:applicationinsights:Component': (name) => ({ connectionString: `InstrumentationKey=of-${name}` }),
};

const KEYS: Readonly<Record<string, Record<string, unknown>>> = {
  'azure-native:web:listWebAppHostKeys': { functionKeys: { default: 'host+key' } },
  'azure-native:iothub:listIotHubResourceKeysForKeyName': { primaryKey: 'hub+key' },
};

/** Runs programs on mocks and writes down what they declare; azure-native's own names for `name` inputs are kept. */
export async function record<T>(program: () => T): Promise<{ readonly made: T; readonly resources: Recorded[] }> {
  const resources: Recorded[] = [];
  await pulumi.runtime.setMocks({
    newResource: ({ type, name, inputs }) => {
      const given = inputs as Readonly<Record<string, unknown>>;
      if (!type.startsWith('groundswell:')) resources.push({ type, name, inputs: given });
      return { id: `/id/${name}`, state: { name, ...given, ...MADE[type]?.(name) } };
    },
    call: ({ token }) => KEYS[token] ?? {},
  });
  const made = program();
  await pulumi.runtime.disconnect(); // once all calls have ended
  return { made, resources };
}

/** @returns the inputs of all resources of a type, by name and in the order of names; the type without `azure-native:` */
export const inputsOf = (resources: readonly Recorded[], type: string): Record<string, Recorded['inputs']> =>
  Object.fromEntries(
    resources
      .filter((one) => one.type === `azure-native:${type}`)
      .map(({ name, inputs }) => [name, inputs] as const)
      .sort(([one], [other]) => one.localeCompare(other)), // components declare in the order in which outputs settle
  );
