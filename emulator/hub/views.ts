import type { Device } from './hub-device';
import type { JsonObject } from '../world/json';

/** A device or module as the identity registry shows it (REST reference, "Devices - Get Identity", "Modules - Get Identity"). */
export const identityView = (device: Device): JsonObject =>
  device.identity.moduleId === undefined ? deviceView(device) : moduleView(device);

function deviceView(device: Device): JsonObject {
  const { identity } = device;
  return {
    deviceId: identity.deviceId,
    generationId: identity.generationId,
    etag: identity.etag,
    ...connectionOf(device),
    status: identity.status,
    statusReason: identity.statusReason,
    statusUpdatedTime: identity.statusUpdatedTime,
    authentication: { ...identity.authentication },
    capabilities: identity.capabilities,
    ...scopesOf(device),
  };
}

function moduleView(device: Device): JsonObject {
  const { identity } = device;
  return {
    moduleId: identity.moduleId ?? '',
    managedBy: identity.managedBy ?? '',
    deviceId: identity.deviceId,
    generationId: identity.generationId,
    etag: identity.etag,
    ...connectionOf(device),
    authentication: { ...identity.authentication },
  };
}

/** A device or module as its twin shows it (REST reference, "Devices - Get Twin"). Shares its parts with the twin: not to be changed. */
export function twinView(device: Device): JsonObject {
  const { identity, twin } = device;
  const { authentication } = identity;
  return {
    ...namesOf(device),
    etag: twin.etag,
    deviceEtag: identity.etag,
    status: identity.status,
    ...(identity.statusReason !== null && { statusReason: identity.statusReason }),
    statusUpdateTime: identity.statusUpdatedTime,
    connectionState: device.connectionState,
    lastActivityTime: device.lastActivityTime,
    cloudToDeviceMessageCount: device.cloudToDeviceMessageCount,
    authenticationType: authentication.type,
    x509Thumbprint: {
      // Capital letters only here: so a live hub shows it (see identity.ts).
      PrimaryThumbprint: authentication.x509Thumbprint.primaryThumbprint,
      SecondaryThumbprint: authentication.x509Thumbprint.secondaryThumbprint,
    },
    modelId: device.modelId,
    version: twin.version,
    tags: twin.tags,
    ...(device.configured && { configurations: device.configured.statuses }),
    properties: { desired: twin.desired, reported: twin.reported },
    ...(identity.moduleId === undefined && { capabilities: identity.capabilities, ...scopesOf(device) }),
  };
}

/** `deviceId`, and of a module `moduleId`. */
export const namesOf = ({ identity: { deviceId, moduleId } }: Device): JsonObject => ({
  deviceId,
  ...(moduleId !== undefined && { moduleId }),
});

const connectionOf = (device: Device): JsonObject => ({
  connectionState: device.connectionState,
  connectionStateUpdatedTime: device.connectionStateUpdatedTime,
  lastActivityTime: device.lastActivityTime,
  cloudToDeviceMessageCount: device.cloudToDeviceMessageCount,
});

const scopesOf = ({ identity: { deviceScope, parentScopes } }: Device): JsonObject => ({
  ...(deviceScope !== undefined && { deviceScope }),
  ...(parentScopes.length > 0 && { parentScopes }),
});
