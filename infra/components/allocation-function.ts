import * as pulumi from '@pulumi/pulumi';

import type { FleetRoles } from './fleet-roles';
import { FunctionApp, functionKeyOf } from './function-app';
import { Insights } from './insights';
import type { Placement } from './placement';

/** Path of the function in the app; its code has the same. */
export const ALLOCATION_PATH = '/api/allocate';

export interface AllocationFunctionArgs extends Placement {
  readonly roles: Pick<FleetRoles, 'idOf'>;
  /** Where logs go. @default an Application Insights of its own */
  readonly insights?: Pick<Insights, 'componentId' | 'connectionString'>;
  /** `https://<account>.blob…/`: where the function reads which hub a rollout gives a device. */
  readonly ledgerEndpoint: pulumi.Input<string>;
  /** Name and resource id of the container. */
  readonly allocations: { readonly name: pulumi.Input<string>; readonly id: pulumi.Input<string> };
  /** Name of the provisioning service that asks. */
  readonly service: pulumi.Input<string>;
  /** What becomes of devices that no rollout moves: functions/allocation/rules.ts has its form. */
  readonly rules: pulumi.Input<object>;
}

/**
 * The function that a provisioning service asks which hub a device gets. The service can show no identity of its own:
 * it calls a URL, and a key in that URL is all that the function can know it by (iot-dps/concepts-custom-allocation.md,
 * "Manage function keys"; ProvisioningServiceClient, CustomAllocationDefinition, has `webhookUrl` and `apiVersion` only).
 */
export class AllocationFunction extends pulumi.ComponentResource {
  /** Secret: who has it can ask the function. */
  readonly webhookUrl: pulumi.Output<string>;
  readonly functionAppName: pulumi.Output<string>;
  /** Name of the container that it reads. */
  readonly container: pulumi.Output<string>;
  /** As it was told. */
  readonly rules: pulumi.Output<object>;

  constructor(name: string, args: AllocationFunctionArgs, opts?: pulumi.ComponentResourceOptions) {
    super('groundswell:functions:AllocationFunction', name, {}, opts);
    const { resourceGroupName, location, tags, roles } = args;
    const insights = args.insights ?? new Insights(`${name}-insights`, args, { parent: this });
    const app = new FunctionApp(
      name,
      {
        resourceGroupName,
        location,
        tags,
        roles,
        insights,
        rights: { reading: { right: 'assignmentsReading', scope: args.allocations.id } },
        settings: () => settingsOf(args),
      },
      { parent: this },
    );
    this.functionAppName = app.name;
    this.webhookUrl = webhookUrl(app, args);
    this.container = pulumi.output(args.allocations.name);
    this.rules = pulumi.output(args.rules);
    this.registerOutputs({ functionAppName: this.functionAppName });
  }
}

/** Named as functions/allocation/settings.ts reads them. */
const settingsOf = ({ ledgerEndpoint, allocations, service, rules }: AllocationFunctionArgs) => ({
  LEDGER_ENDPOINT: ledgerEndpoint,
  ALLOCATIONS_CONTAINER: allocations.name,
  PROVISIONING_SERVICE: service,
  ALLOCATION_RULES: pulumi.jsonStringify(rules),
});

/** With the key in it: a secret. */
const webhookUrl = (app: FunctionApp, args: AllocationFunctionArgs): pulumi.Output<string> =>
  pulumi
    .all([app.hostName, functionKeyOf(app, args)])
    .apply(([host, key]) => `https://${host}${ALLOCATION_PATH}?code=${encodeURIComponent(key)}`);
