import type { Device } from './hub-device';
import type { JsonObject } from '../world/json';

/** A device as the identity registry shows it (REST reference, "Devices - Get Identity"). */
export function deviceView(device: Device): JsonObject {
  const { identity } = device;
  const { deviceScope, ...rest } = identity;
  return {
    ...rest,
    connectionState: device.connectionState,
    connectionStateUpdatedTime: device.connectionStateUpdatedTime,
    lastActivityTime: device.lastActivityTime,
    cloudToDeviceMessageCount: device.cloudToDeviceMessageCount,
    authentication: { ...identity.authentication },
    ...(deviceScope !== undefined && { deviceScope }),
  };
}

/** A device as its twin shows it (REST reference, "Devices - Get Twin"). Shares its parts with the twin: not to be changed. */
export function twinView(device: Device): JsonObject {
  const { identity, twin } = device;
  const { deviceScope, authentication } = identity;
  return {
    deviceId: identity.deviceId,
    etag: twin.etag,
    deviceEtag: identity.etag,
    status: identity.status,
    ...(identity.statusReason !== null && { statusReason: identity.statusReason }),
    statusUpdateTime: identity.statusUpdatedTime,
    connectionState: device.connectionState,
    lastActivityTime: device.lastActivityTime,
    cloudToDeviceMessageCount: device.cloudToDeviceMessageCount,
    authenticationType: authentication.type,
    x509Thumbprint: authentication.x509Thumbprint,
    modelId: '',
    version: twin.version,
    tags: twin.tags,
    properties: { desired: twin.desired, reported: twin.reported },
    capabilities: identity.capabilities,
    ...(deviceScope !== undefined && { deviceScope }),
  };
}
