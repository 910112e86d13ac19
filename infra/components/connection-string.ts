/**
 * Of a hub or provisioning service, as the SDKs and DPS parse it.
 *
 * @see Azure IoT Hub, "Control access using shared access signatures"
 */
export const connectionStringOf = (hostName: string, keyName: string, key: string): string =>
  `HostName=${hostName};SharedAccessKeyName=${keyName};SharedAccessKey=${key}`;
