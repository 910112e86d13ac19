import { z } from 'zod';
import { oneOf, optionalSection, record } from '../../spec/fields';
import { certificateFile } from './enrollments';
import { hubNames, location, logicalName, network } from './fields';

/** How a provisioning service chooses among its hubs, unless an enrollment says otherwise. */
export const SERVICE_ALLOCATIONS = ['hashed', 'geoLatency', 'static'] as const;
export type ServiceAllocation = (typeof SERVICE_ALLOCATIONS)[number];

const service = record({
  location: location.optional(),
  allocationPolicy: oneOf(SERVICE_ALLOCATIONS).default('hashed'),
  /** Hubs to link; every hub when it is missing. */
  hubs: hubNames.optional(),
  /** Certificate authorities that enrollment groups may name, by name. */
  certificates: z.record(logicalName, certificateFile, { error: 'an object of PEM files by name' }).default({}),
  network: network.optional(),
});

/** Missing and `false` mean none, `true` one with all defaults. */
export const provisioning = optionalSection(service);

export type ProvisioningConfig = z.output<typeof service>;
