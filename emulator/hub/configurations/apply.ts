import { HubError } from '../errors';
import type { Registry } from '../registry';
import { valuesOf } from '../twin/merge';
import { contentOf } from './configuration';
import { combine, patchFor } from './settings';

/**
 * Writes a content onto the modules of one Edge device, once. A module that is not there is made.
 *
 * @throws HubError DeviceNotFound, InvalidConfigurationContent; ArgumentInvalid for a device that is no Edge device, and for
 *   a twin that would grow beyond its limits
 */
export function applyContent(devices: Registry, deviceId: string, body: unknown): void {
  const { capabilities } = devices.require(deviceId).identity;
  const content = contentOf(body);
  if (!capabilities.iotEdge) throw new HubError('ArgumentInvalid', 'Not an Azure IoT Edge device');
  if (content.kind !== 'edge') {
    throw new HubError('InvalidConfigurationContent', 'Only modulesContent can be applied to a device.');
  }
  for (const [moduleId, settings] of Object.entries(content.settings)) {
    const module = devices.module(deviceId, moduleId) ?? devices.create({ deviceId, moduleId, managedBy: 'iotEdge' });
    const patch = patchFor(valuesOf(module.twin.desired), combine([{ id: '', settings }]).settings, []);
    if (patch !== undefined) devices.patchTwin(module, { properties: { desired: patch } }, undefined);
  }
}
