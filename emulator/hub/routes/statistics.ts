import type { AddRoute } from './route';

/** Counts of devices; modules are in none of them. */
export function statisticsRoutes(add: AddRoute): void {
  const route = { right: 'RegistryRead', action: 'statistics/read', everyTier: true } as const;
  add('GET', '/statistics/devices', route, ({ hub: { devices, census } }) => ({
    totalDeviceCount: devices.size,
    enabledDeviceCount: devices.size - census.disabledCount,
    disabledDeviceCount: census.disabledCount,
  }));
  add('GET', '/statistics/service', route, ({ hub: { census } }) => ({ connectedDeviceCount: census.connectedCount }));
}
