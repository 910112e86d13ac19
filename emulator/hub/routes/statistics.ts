import type { Hub } from '../hub';
import type { AddRoute } from './route';

/** Counts of devices. */
export function statisticsRoutes(add: AddRoute): void {
  const route = { right: 'RegistryRead', action: 'statistics/read', everyTier: true } as const;
  add('GET', '/statistics/devices', route, ({ hub }) => {
    const totalDeviceCount = hub.devices.size;
    const disabledDeviceCount = count(hub, ({ identity }) => identity.status === 'disabled');
    return { totalDeviceCount, enabledDeviceCount: totalDeviceCount - disabledDeviceCount, disabledDeviceCount };
  });
  add('GET', '/statistics/service', route, ({ hub }) => ({
    connectedDeviceCount: count(hub, ({ link }) => link !== undefined),
  }));
}

type Device = ReturnType<Hub['devices']['require']>;

function count(hub: Hub, holds: (device: Device) => boolean): number {
  let sum = 0;
  for (const [, device] of hub.devices.after(0)) sum += Number(holds(device));
  return sum;
}
