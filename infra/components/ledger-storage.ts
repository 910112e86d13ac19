import * as authorization from '@pulumi/azure-native/authorization';
import * as storage from '@pulumi/azure-native/storage';
import * as pulumi from '@pulumi/pulumi';

/** Read, write and delete blobs (Azure built-in roles, "Storage Blob Data Contributor"). */
const BLOB_DATA_CONTRIBUTOR = 'ba92f5b4-2d11-453d-a403-e96b0029c9fe';

export interface LedgerStorageArgs {
  readonly resourceGroupName: pulumi.Input<string>;
  readonly location: pulumi.Input<string>;
  /** Object id of the principal that may read and write the ledger. */
  readonly writerId: pulumi.Input<string>;
  /** What the writer is: Azure refuses an assignment that names the wrong type. */
  readonly writerType: pulumi.Input<'User' | 'ServicePrincipal'>;
  readonly subscriptionId: pulumi.Input<string>;
  /** @default 'ledger' */
  readonly container?: string;
  /** @default {} */
  readonly tags?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

/** An account that only Entra ID opens: no shared keys, nothing public, nothing but TLS 1.2 and later. */
export const accountArgsOf = ({
  resourceGroupName,
  location,
  tags = {},
}: LedgerStorageArgs): storage.StorageAccountArgs => ({
  resourceGroupName,
  location,
  tags,
  kind: storage.Kind.StorageV2,
  sku: { name: storage.SkuName.Standard_LRS },
  allowBlobPublicAccess: false,
  allowSharedKeyAccess: false,
  enableHttpsTrafficOnly: true,
  minimumTlsVersion: storage.MinimumTlsVersion.TLS1_2,
});

/** The writer's role, on the container alone. */
export const writerArgsOf = (
  { writerId, writerType, subscriptionId }: LedgerStorageArgs,
  scope: pulumi.Input<string>,
): authorization.RoleAssignmentArgs => ({
  scope,
  principalId: writerId,
  principalType: writerType,
  roleDefinitionId: pulumi.interpolate`/subscriptions/${subscriptionId}/providers/Microsoft.Authorization/roleDefinitions/${BLOB_DATA_CONTRIBUTOR}`,
});

/** Blob storage for device-level facts of rollouts, with one writer. */
export class LedgerStorage extends pulumi.ComponentResource {
  /** `https://<account>.blob…/` */
  readonly blobEndpoint: pulumi.Output<string>;
  readonly container: pulumi.Output<string>;

  constructor(name: string, args: LedgerStorageArgs, opts?: pulumi.ComponentResourceOptions) {
    super('groundswell:storage:LedgerStorage', name, {}, opts);
    const { resourceGroupName, container: containerName = 'ledger' } = args;
    const account = new storage.StorageAccount(name, accountArgsOf(args), { parent: this });
    const containerArgs = { resourceGroupName, accountName: account.name, containerName };
    const container = new storage.BlobContainer(`${name}-container`, containerArgs, { parent: account });
    new authorization.RoleAssignment(`${name}-writer`, writerArgsOf(args, container.id), { parent: container });
    this.blobEndpoint = account.primaryEndpoints.blob;
    this.container = container.name;
    this.registerOutputs({ blobEndpoint: this.blobEndpoint, container: this.container });
  }
}
