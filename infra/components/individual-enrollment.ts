import * as pulumi from '@pulumi/pulumi';

import { enrollmentProvider } from '../dynamic/provider';
import type { EnrollmentArgs } from './enrollment';
import { enrollmentInputsOf, SECRET_OUTPUTS } from './enrollment-inputs';

export interface IndividualEnrollmentArgs extends EnrollmentArgs {
  /** At most 128 letters, digits and `-._:`; another one replaces the enrollment. @default the resource's name */
  readonly registrationId?: string;
  /** The device's id in its hub. @default the registration id */
  readonly deviceId?: string;
}

/** One device that may register. It takes precedence over every group that vouches for the same device. */
export class IndividualEnrollment extends pulumi.dynamic.Resource {
  declare readonly registrationId: pulumi.Output<string>;
  declare readonly etag: pulumi.Output<string>;

  constructor(name: string, args: IndividualEnrollmentArgs, opts?: pulumi.CustomResourceOptions) {
    const { registrationId = name, deviceId } = args;
    const inputs = { kind: 'individual', registrationId, deviceId, ...enrollmentInputsOf(args) };
    const options = pulumi.mergeOptions({ additionalSecretOutputs: SECRET_OUTPUTS }, opts);
    super(enrollmentProvider, name, { ...inputs, etag: undefined }, options, 'groundswell', 'IndividualEnrollment');
  }
}
