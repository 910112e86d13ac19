/**
 * What a provisioning service allows in a minute, for all of its groups and hubs together.
 *
 * Source: learn.microsoft.com/azure/iot-dps/about-iot-dps, "Quotas and limits": 1,000 device registrations and 1,000
 * operations a minute a service; more is answered with 429 and Retry-After.
 */
export const DPS_LIMITS = { registrationsPerMinute: 1_000, operationsPerMinute: 1_000 } as const;

/** Slots that the arbiter of a provisioning service has to give; a rollout's share holds some while it moves devices. */
export const SLOTS = 10;

/** Of each limit so much is left to devices that come by themselves, and to people. */
const LEFT = 0.1;

/** Devices a minute that one slot lets register. */
export const REGISTRATIONS_PER_SLOT = (DPS_LIMITS.registrationsPerMinute * (1 - LEFT)) / SLOTS;

/** Service calls a minute that one slot is worth. */
export const OPERATIONS_PER_SLOT = (DPS_LIMITS.operationsPerMinute * (1 - LEFT)) / SLOTS;

/** How a device is enrolled: with an enrollment of its own, or through a group. */
export type EnrollmentKind = 'individual' | 'group';

/** Enrollments that one bulk call changes. Source: iot-dps REST, "Bulk Operation - Run". */
export const BULK = 10;

/**
 * Calls of the service that the move of one device takes when nothing goes wrong: its enrollment (with the registration) is
 * read, changed in a bulk call, and the registration is read once more when the device has arrived. Of a group's device the
 * registration is read twice; its assignment is no call of the service, and that it has no enrollment of its own the plan has
 * seen by page. The groups themselves are read once a batch, which is not counted.
 */
export const operationsPerDevice = (kind: EnrollmentKind): number => (kind === 'individual' ? 2 + 1 / BULK : 2);

/**
 * Devices a minute that may begin to move: both limits bind.
 *
 * @param slots of the service's SLOTS; all of them unless told
 * @example devicesPerMinute('group') // => 450
 */
export const devicesPerMinute = (kind: EnrollmentKind, slots = SLOTS): number =>
  slots * Math.min(REGISTRATIONS_PER_SLOT, OPERATIONS_PER_SLOT / operationsPerDevice(kind));

/** Devices a minute that so many slots let begin, whichever way they are enrolled. */
export const slowestPerMinute = (slots: number): number =>
  Math.min(devicesPerMinute('individual', slots), devicesPerMinute('group', slots));

/**
 * Slots that a share of a move asks for: a part of the service's for each hub of the rollout; fewer where its devices are through
 * in a minute with them.
 *
 * @example slotsFor(1_000, 2) // => 5
 */
export const slotsFor = (deviceCount: number, hubCount: number): number =>
  Math.max(1, Math.min(Math.floor(SLOTS / hubCount), Math.ceil(deviceCount / slowestPerMinute(1))));
