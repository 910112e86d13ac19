import * as authorization from '@pulumi/azure-native/authorization';
import * as pulumi from '@pulumi/pulumi';

import type { FleetRoles } from './fleet-roles';
import type { RightName } from './rights';

/**
 * `rollouts`: hubs, ledger, tables. `migrations`: enrollments of devices. `assignments`: what the allocation function
 * reads. `identities`: those that moves leave behind. `devices`: making device identities. `enrollments`: enrollments and
 * groups, as `pulumi up` makes them. `telemetry`: the processes that read the event hub and serve the page. `page`: its files.
 * docs/rights.md has the roles.
 */
export type Duty =
  'rollouts' | 'migrations' | 'assignments' | 'identities' | 'devices' | 'enrollments' | 'telemetry' | 'page';

export interface FleetRightsArgs {
  /** Object id. */
  readonly principalId: pulumi.Input<string>;
  /** What the principal is: Azure refuses an assignment that names the wrong type. */
  readonly principalType: pulumi.Input<'User' | 'Group' | 'ServicePrincipal'>;
  readonly roles: Pick<FleetRoles, 'idOf'>;
  readonly duties: readonly Duty[];
  /** Resource ids by logical name. */
  readonly hubs: Readonly<Record<string, pulumi.Input<string>>>;
  /** Resource id of the provisioning service. @default none */
  readonly provisioning?: pulumi.Input<string>;
  /** Resource ids by name, of the containers for records. */
  readonly containers: Readonly<Record<string, pulumi.Input<string>>>;
  /** Resource id of the container for assignments. @default none */
  readonly allocations?: pulumi.Input<string>;
  /** Resource ids by name. @default {} */
  readonly tables?: Readonly<Record<string, pulumi.Input<string>>>;
  /** Resource ids of what telemetry stands on beside its tables. @default none */
  readonly telemetry?: TelemetryScopes;
  /** Resource id of the container with the page's files. @default none */
  readonly page?: pulumi.Input<string>;
}

export interface TelemetryScopes {
  readonly eventHub: pulumi.Input<string>;
  readonly signalr: pulumi.Input<string>;
  /** A container. */
  readonly checkpoints: pulumi.Input<string>;
}

/** The one table that gates read: telemetry/tables/index.ts. */
const STATE_TABLE = 'DeviceState';

/** One role at one scope. */
export interface Grant {
  /** Last part of the resource's name. */
  readonly at: string;
  readonly right: RightName;
  readonly scope: pulumi.Input<string>;
}

/** All that one principal may do to the fleet, each role at the smallest scope that Azure has for it. */
export class FleetRights extends pulumi.ComponentResource {
  /** The assignments: what uses them depends on them. */
  readonly assignments: readonly authorization.RoleAssignment[];

  constructor(name: string, args: FleetRightsArgs, opts?: pulumi.ComponentResourceOptions) {
    super('groundswell:identity:FleetRights', name, {}, opts);
    this.assignments = grantsOf(args).map((grant) => assign(`${name}-${grant.right}-${grant.at}`, grant, args, this));
    this.registerOutputs();
  }
}

/** @returns the roles and scopes that the duties come to */
export const grantsOf = (
  args: Pick<
    FleetRightsArgs,
    'duties' | 'hubs' | 'provisioning' | 'containers' | 'allocations' | 'tables' | 'telemetry' | 'page'
  >,
): Grant[] => {
  const each = (right: RightName, scopes: Readonly<Record<string, pulumi.Input<string>>>): Grant[] =>
    Object.entries(scopes).map(([at, scope]) => ({ at, right, scope }));
  const provisioning: Readonly<Record<string, pulumi.Input<string>>> =
    args.provisioning === undefined ? {} : { dps: args.provisioning };
  const allocations: Readonly<Record<string, pulumi.Input<string>>> =
    args.allocations === undefined ? {} : { allocations: args.allocations };
  const states = Object.entries(args.tables ?? {}).filter(([table]) => table === STATE_TABLE);
  const byDuty: Readonly<Record<Duty, () => Grant[]>> = {
    rollouts: () => [
      ...each('rolloutsOnHub', args.hubs),
      ...each('ledgerWriting', args.containers),
      ...each('tableReading', Object.fromEntries(states)),
    ],
    migrations: () => each('migrationsOnProvisioning', provisioning),
    assignments: () => each('assignmentsWriting', allocations),
    identities: () => each('identitiesOnHub', args.hubs),
    devices: () => each('devicesOnHub', args.hubs),
    enrollments: () => each('enrollmentsOnProvisioning', provisioning),
    page: () => (args.page === undefined ? [] : each('pageWriting', { page: args.page })),
    telemetry: () =>
      args.telemetry === undefined
        ? []
        : [
            ...each('eventsReceiving', { telemetry: args.telemetry.eventHub }),
            ...each('tableWriting', args.tables ?? {}),
            ...each('publishing', { signalr: args.telemetry.signalr }),
            ...each('checkpointsWriting', { checkpoints: args.telemetry.checkpoints }),
          ],
  };
  return args.duties.flatMap((duty) => byDuty[duty]());
};

interface Assignee {
  readonly principalId: pulumi.Input<string>;
  readonly principalType: pulumi.Input<string>;
  readonly roles: Pick<FleetRoles, 'idOf'>;
}

/** Gives one principal one role at one scope. */
export const assign = (
  name: string,
  { right, scope }: Omit<Grant, 'at'>,
  { principalId, principalType, roles }: Assignee,
  parent: pulumi.Resource,
): authorization.RoleAssignment =>
  new authorization.RoleAssignment(
    name,
    { scope, principalId, principalType, roleDefinitionId: roles.idOf(right) },
    { parent },
  );
