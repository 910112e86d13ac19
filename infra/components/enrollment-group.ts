import * as pulumi from '@pulumi/pulumi';

import { enrollmentProvider } from '../dynamic/provider';
import type { EnrollmentArgs } from './enrollment';
import { enrollmentInputsOf, SECRET_OUTPUTS } from './enrollment-inputs';

export interface EnrollmentGroupArgs extends EnrollmentArgs {
  /** At most 128 letters, digits and `-._:`; another one replaces the group. @default the resource's name */
  readonly enrollmentGroupId?: string;
}

/** Devices that a shared key or a signing certificate vouches for. */
export class EnrollmentGroup extends pulumi.dynamic.Resource {
  declare readonly enrollmentGroupId: pulumi.Output<string>;
  declare readonly etag: pulumi.Output<string>;

  constructor(name: string, args: EnrollmentGroupArgs, opts?: pulumi.CustomResourceOptions) {
    const inputs = { kind: 'group', enrollmentGroupId: args.enrollmentGroupId ?? name, ...enrollmentInputsOf(args) };
    const options = pulumi.mergeOptions({ additionalSecretOutputs: SECRET_OUTPUTS }, opts);
    super(enrollmentProvider, name, { ...inputs, etag: undefined }, options, 'groundswell', 'EnrollmentGroup');
  }
}
