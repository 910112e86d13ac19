import type { Sku } from './settings';

/** Whether the tier has twins, methods, jobs and queries: Free and Standard do, Basic does not (iot-hub-scaling.md). */
export const isFullTier = ({ name }: Sku): boolean => !name.startsWith('B');

/** Jobs that may be active at once (iot-hub/iot-hub-devguide-quotas-throttling.md, "Other limits"). */
export const activeJobsOf = ({ name }: Sku): number => (name.endsWith('3') ? 10 : name.endsWith('2') ? 5 : 1);

/** Devices that jobs may touch in a second (same page, "Jobs device operations"). */
export function jobOperationsPerSecond({ name, units }: Sku): number {
  if (name.endsWith('3')) return 50 * units;
  return name.endsWith('2') ? Math.max(10, units) : 10;
}

/** Devices and modules that a hub may hold (same page, "Other limits"; of the free tier, azure.microsoft.com/pricing). */
export const mostDevicesOf = ({ name }: Sku): number => (name === 'F1' ? 500 : 1_000_000);

/** Configurations, Edge deployments among them, that a hub may have (same page, "Other limits"). */
export const mostConfigurationsOf = ({ name }: Sku): number => (name === 'F1' ? 10 : 100);
