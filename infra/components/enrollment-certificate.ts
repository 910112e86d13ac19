import * as dps from '@pulumi/azure-native/deviceprovisioningservices';
import * as pulumi from '@pulumi/pulumi';

export interface EnrollmentCertificateArgs {
  readonly resourceGroupName: pulumi.Input<string>;
  /** The service's name in Azure. */
  readonly provisioningServiceName: pulumi.Input<string>;
  /** A CA's certificate as PEM, without its private key. */
  readonly certificate: pulumi.Input<string>;
  /**
   * `onUpload`: whoever deploys vouches for it. `byPossession`: devices are refused until somebody has proved to hold the
   * CA's private key, outside of Pulumi (`az iot dps certificate generate-verification-code`, `… verify`).
   *
   * @default 'onUpload'
   */
  readonly verification?: 'onUpload' | 'byPossession';
}

/** Where possession is to be proved, the program says nothing of it, so that the proof is no drift. */
export const certificateArgsOf = ({
  resourceGroupName,
  provisioningServiceName,
  certificate,
  verification = 'onUpload',
}: EnrollmentCertificateArgs): dps.DpsCertificateArgs => ({
  resourceGroupName,
  provisioningServiceName,
  properties: { certificate, ...(verification === 'onUpload' && { isVerified: true }) },
});

/** A CA that a provisioning service trusts; x509 enrollments name it as `caReference`. */
export class EnrollmentCertificate extends pulumi.ComponentResource {
  /** The certificate's name in the service. */
  readonly name: pulumi.Output<string>;

  constructor(name: string, args: EnrollmentCertificateArgs, opts?: pulumi.ComponentResourceOptions) {
    super('groundswell:provisioning:EnrollmentCertificate', name, {}, opts);
    this.name = new dps.DpsCertificate(name, certificateArgsOf(args), { parent: this }).name;
    this.registerOutputs({ name: this.name });
  }
}
