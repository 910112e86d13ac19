import type * as pulumi from '@pulumi/pulumi';

/** Where a component's resources are, and what is written on them. */
export interface Placement {
  readonly resourceGroupName: pulumi.Input<string>;
  readonly location: pulumi.Input<string>;
  /** @default {} */
  readonly tags?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}
