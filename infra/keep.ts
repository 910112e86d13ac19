import type * as pulumi from '@pulumi/pulumi';

/** What holds things that nobody can make again: identities, twins, enrollments and their keys, the audit trail. */
const KEPT: ReadonlySet<string> = new Set([
  'azure-native:resources:ResourceGroup', // deletes all that is in it, whatever else is kept
  'azure-native:iothub:IotHubResource',
  'azure-native:deviceprovisioningservices:IotDpsResource',
  'azure-native:storage:StorageAccount',
]);

/**
 * Protects what is worth keeping, below the component that it is given to: Pulumi then refuses to delete it, and leaves
 * it in Azure if it is forced to. Consumer groups, role assignments and the like may come and go; they would inherit the
 * protection of a hub that is their parent.
 */
export const keep: pulumi.ResourceTransformation = ({ type, props, opts }) =>
  KEPT.has(type)
    ? { props, opts: { ...opts, protect: true, retainOnDelete: true } }
    : { props, opts: { ...opts, protect: opts.protect ?? false } };
