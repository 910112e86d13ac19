import { z } from 'zod';

/** What a provisioning service asks about one device. */
export interface AllocationRequest {
  /** As the device gave it. */
  readonly registrationId: string;
  /** Id of the enrollment group; none for an individual enrollment. */
  readonly group: string | undefined;
  /** Host name of the hub that the device is assigned to, spelt as in `linkedHubs` where it is one of them. */
  readonly currentHub: string | undefined;
  /** Host names that an answer may name; at least one. */
  readonly linkedHubs: readonly string[];
}

export type ReadRequest =
  | { readonly kind: 'request'; readonly request: AllocationRequest }
  | { readonly kind: 'refused'; readonly reason: string };

/** Host names are the same in capital letters. */
export const sameHost = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** It becomes part of a path, so that nothing but what DPS allows may pass (iot-dps/concepts-service.md, "Registration ID"). */
const registrationId = z.string().regex(/^[A-Z0-9\-._:]{0,127}[A-Z0-9-]$/i);
const host = z
  .string()
  .max(253)
  .regex(/^[a-z0-9.-]+$/i);

/**
 * Members by names in small letters: of one and the same member the documentation spells the name in two ways
 * (currentIoTHubHostName in the table, currentIotHubHostName in the examples), and a device whose hub is overlooked
 * would be taken for a new one.
 */
const loose = z
  .record(z.string(), z.unknown())
  .transform((raw) => Object.fromEntries(Object.entries(raw).map(([name, value]) => [name.toLowerCase(), value])));

const context = loose.pipe(
  z
    .object({
      registrationid: registrationId,
      currentiothubhostname: host.nullish(),
      currentdeviceid: z.string().nullish(),
    })
    .refine(({ currentiothubhostname: hub, currentdeviceid: id }) => hub || !id, {
      error: 'names a current device but not its hub',
    }),
);

/**
 * The same for every `customAllocationDefinition.apiVersion`: versions differ in the record of the enrollment, of which
 * only the group's id counts here (iot-dps/concepts-custom-allocation.md, "Custom allocation policy request").
 */
const body = loose.pipe(
  z.object({
    enrollmentgroup: z.object({ enrollmentGroupId: z.string().min(1) }).nullish(),
    deviceruntimecontext: context,
    linkedhubs: z.array(host).min(1),
  }),
);

/** @param raw the body, parsed; undefined where it is no JSON */
export function readRequest(raw: unknown): ReadRequest {
  const parsed = body.safeParse(raw);
  if (!parsed.success) return { kind: 'refused', reason: reasonOf(parsed.error) };
  const { enrollmentgroup, deviceruntimecontext, linkedhubs } = parsed.data;
  const current = deviceruntimecontext.currentiothubhostname || undefined;
  return {
    kind: 'request',
    request: {
      registrationId: deviceruntimecontext.registrationid,
      group: enrollmentgroup?.enrollmentGroupId,
      currentHub: current && (linkedhubs.find((name) => sameHost(name, current)) ?? current),
      linkedHubs: linkedhubs,
    },
  };
}

/** Where it is wrong, without the values: a body may hold what devices have sent. */
const reasonOf = ({ issues }: z.ZodError): string =>
  `the body is no allocation request: ${issues.map(({ path, message }) => `${path.join('.') || 'it'}: ${message}`).join('; ')}`;
