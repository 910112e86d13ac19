/** The Resource Manager of each cloud, by the last label of its provisioning services' hosts (Azure, "Azure endpoints"). */
const RESOURCE_MANAGERS: Readonly<Record<string, string>> = {
  net: 'https://management.azure.com',
  cn: 'https://management.chinacloudapi.cn',
  us: 'https://management.usgovcloudapi.net',
};

/**
 * Endpoints of the cloud that a provisioning service is in. A cloud of one's own names them alike, by its own suffix.
 *
 * @example clouds('x.azure-devices-provisioning.net') // => { resourceManager: 'https://management.azure.com' }
 */
export function clouds(serviceHostName: string): { readonly resourceManager: string } {
  const suffix = serviceHostName.slice(serviceHostName.lastIndexOf('.') + 1);
  return { resourceManager: RESOURCE_MANAGERS[suffix] ?? `https://management.azure.${suffix}` };
}
