import { newKey } from '../auth/keys';
import type { AccessPolicy, Right } from './settings';

const DEFAULTS: Readonly<Record<string, readonly Right[]>> = {
  iothubowner: ['RegistryRead', 'RegistryWrite', 'ServiceConnect', 'DeviceConnect'],
  service: ['ServiceConnect'],
  device: ['DeviceConnect'],
  registryRead: ['RegistryRead'],
  registryReadWrite: ['RegistryRead', 'RegistryWrite'],
};

/** Azure's five built-in policies with fresh keys (iot-hub-dev-guide-sas.md, "Access control and permissions"). */
export function defaultPolicies(): AccessPolicy[] {
  return Object.entries(DEFAULTS).map(([keyName, rights]) => ({
    keyName,
    rights,
    primaryKey: newKey(),
    secondaryKey: newKey(),
  }));
}
