import {
  devicesPerMinute,
  DPS_LIMITS,
  OPERATIONS_PER_SLOT,
  operationsPerDevice,
  REGISTRATIONS_PER_SLOT,
  SLOTS,
} from '../../domain/dps-limits';

it('keeps a tenth of each limit for devices that come by themselves and for people', () => {
  expect(SLOTS * REGISTRATIONS_PER_SLOT).toBe(0.9 * DPS_LIMITS.registrationsPerMinute);
  expect(SLOTS * OPERATIONS_PER_SLOT).toBe(0.9 * DPS_LIMITS.operationsPerMinute);
});

it.each(['individual', 'group'] as const)('lets no more devices of kind %s begin than both limits allow', (kind) => {
  const pace = devicesPerMinute(kind);

  expect(pace).toBeLessThanOrEqual(SLOTS * REGISTRATIONS_PER_SLOT);
  expect(pace * operationsPerDevice(kind)).toBeCloseTo(SLOTS * OPERATIONS_PER_SLOT);
  expect(devicesPerMinute(kind, 1)).toBeCloseTo(pace / SLOTS);
});
