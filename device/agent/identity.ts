import { ConnectionString } from 'azure-iot-common';
import { emptyCache } from './cache';
import { type CacheStore, FileCache, memoryCache } from './cache-file';
import { ownCredentials } from './credentials';
import type { AgentOptions } from './options';
import type { Credentials, Scope } from './types';

/** Who a device is, and what it knows when it wakes up. */
export interface Identity {
  readonly registrationId: string;
  readonly credentials: Credentials;
  /** Missing for a device that belongs to one hub for good. */
  readonly factory: Scope | undefined;
  readonly store: CacheStore;
}

/** @throws the SDK's ArgumentError for a connection string that names no host, device or key */
export function identityOf(options: AgentOptions): Identity {
  if (!('connectionString' in options)) {
    const { registrationId, credentials, provisioning, cacheFile } = options;
    const empty = emptyCache(registrationId);
    return {
      registrationId,
      credentials: ownCredentials(credentials, registrationId),
      factory: provisioning,
      store: cacheFile === undefined ? memoryCache(empty) : new FileCache(cacheFile, registrationId),
    };
  }
  const { HostName, DeviceId, SharedAccessKey } = ConnectionString.parse(options.connectionString, [
    'HostName',
    'DeviceId',
    'SharedAccessKey',
  ]);
  const [hub, deviceId, key] = [HostName ?? '', DeviceId ?? '', SharedAccessKey ?? '']; // parse refuses without
  return {
    registrationId: deviceId,
    credentials: { kind: 'symmetricKey', key },
    factory: undefined,
    store: memoryCache({ ...emptyCache(deviceId), home: { hub, deviceId } }),
  };
}
