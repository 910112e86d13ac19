import * as authorization from '@pulumi/azure-native/authorization';
import * as pulumi from '@pulumi/pulumi';

import { CUSTOM_RIGHTS, type CustomRightName, isCustom, type Right, type RightName, RIGHTS } from './rights';

export interface FleetRolesArgs {
  /** Resource id: where the roles can be assigned, and nowhere else. */
  readonly resourceGroupId: pulumi.Input<string>;
  readonly resourceGroupName: pulumi.Input<string>;
  readonly subscriptionId: pulumi.Input<string>;
  /**
   * Whether the stack defines roles where built-in ones are too wide. To define them takes Owner or User Access
   * Administrator, and a tenant has room for 5,000.
   *
   * @default true
   */
  readonly custom?: boolean;
}

/** The roles that the stack assigns, each defined once: built in, or its own. */
export class FleetRoles extends pulumi.ComponentResource {
  readonly #subscriptionId: pulumi.Input<string>;
  readonly #own: ReadonlyMap<string, pulumi.Output<string>>;

  constructor(name: string, args: FleetRolesArgs, opts?: pulumi.ComponentResourceOptions) {
    super('groundswell:identity:FleetRoles', name, {}, opts);
    this.#subscriptionId = args.subscriptionId;
    const own = args.custom === false ? [] : CUSTOM_RIGHTS;
    this.#own = new Map(
      own.map((right) => [
        right,
        new authorization.RoleDefinition(`${name}-${right}`, definitionArgsOf(right, args), { parent: this }).name,
      ]),
    );
    this.registerOutputs();
  }

  /** @returns the id that an assignment of this right names */
  idOf(right: RightName): pulumi.Output<string> {
    const { role }: Right = RIGHTS[right];
    return roleDefinitionIdOf(
      this.#subscriptionId,
      this.#own.get(right) ?? (isCustom(role) ? role.instead.id : role.id),
    );
  }
}

/** What a role of the stack's own allows: data only, nothing of the Resource Manager. */
export const definitionArgsOf = (
  right: CustomRightName,
  { resourceGroupId, resourceGroupName }: FleetRolesArgs,
): authorization.RoleDefinitionArgs => {
  const { role, why } = RIGHTS[right];
  return {
    scope: resourceGroupId,
    roleName: pulumi.interpolate`${role.name} (${resourceGroupName})`,
    roleType: 'CustomRole',
    description: why,
    assignableScopes: [resourceGroupId],
    permissions: [{ actions: [], notActions: [], dataActions: [...role.dataActions], notDataActions: [] }],
  };
};

/** Role definitions are assigned by an id at the subscription, wherever they are defined (REST, Role Assignments). */
export const roleDefinitionIdOf = (
  subscriptionId: pulumi.Input<string>,
  guid: pulumi.Input<string>,
): pulumi.Output<string> =>
  pulumi.interpolate`/subscriptions/${subscriptionId}/providers/Microsoft.Authorization/roleDefinitions/${guid}`;
