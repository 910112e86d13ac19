import type { TokenCredential } from '@azure/identity';

const ARM = 'https://management.azure.test';

/** How the Resource Manager is asked for the keys that it has made for a resource, by the resource's type in Pulumi. */
const LISTINGS: Readonly<Record<string, readonly [action: string, apiVersion: string]>> = {
  'azure-native:iothub:IotHubResource': ['listkeys', '2023-06-30'],
  'azure-native:deviceprovisioningservices:IotDpsResource': ['listkeys', '2022-12-12'],
  'azure-native:storage:StorageAccount': ['listKeys', '2024-01-01'],
  'azure-native:signalrservice:SignalR': ['listKeys', '2024-03-01'],
  'azure-native:web:WebApp': ['host/default/listkeys', '2024-04-01'],
};

/** Fields of the answers that hold a key; those of `functionKeys` have names of their own. */
const KEY_FIELDS = /^(primaryKey|secondaryKey|masterKey|default)$/;

/** A storage account's answer has its keys under `value`, as other answers have their lists. */
function keysIn(answer: unknown): string[] {
  if (typeof answer !== 'object' || answer === null) return [];
  return Object.entries(answer).flatMap(([field, value]: [string, unknown]) => {
    if (typeof value !== 'string') return keysIn(value);
    return KEY_FIELDS.test(field) || (field === 'value' && 'keyName' in answer) ? [value] : [];
  });
}

/**
 * Every key that the Resource Manager has made for these resources.
 *
 * @param resources as a stack's state has them; types without keys are passed over
 * @returns         keys by type; a type whose resources have none is an error of the emulator, and shows as an empty list
 */
export async function generatedKeys(
  credential: TokenCredential,
  resources: readonly { readonly type: string; readonly id?: string }[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const access = await credential.getToken(`${ARM}/.default`);
  const found = new Map<string, string[]>();
  for (const { type, id } of resources) {
    const [action, apiVersion] = LISTINGS[type] ?? [];
    if (action === undefined || id === undefined) continue;
    const response = await fetch(`${ARM}${id}/${action}?api-version=${apiVersion}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${access?.token}` },
    });
    found.set(type, [...(found.get(type) ?? []), ...keysIn(await response.json())]);
  }
  return found;
}
