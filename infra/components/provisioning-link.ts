import * as iothub from '@pulumi/azure-native/iothub';

/**
 * The shared access policy that a hub keeps for the provisioning service it is linked to, and for nobody else. Its
 * rights are all that DPS needs, and neither more nor less will do.
 *
 * @see Azure, iot-dps/how-to-manage-linked-iot-hubs.md, "Connection string"
 */
export const PROVISIONING_LINK = {
  keyName: 'provisioningLink',
  rights: iothub.AccessRights.RegistryWrite_ServiceConnect,
} as const;
