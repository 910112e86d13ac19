import * as storage from '@pulumi/azure-native/storage';
import * as pulumi from '@pulumi/pulumi';

import { networkProblems } from './iot-hub-problems';
import { lifecycleOf, lifecycleProblems, oldVersionsOf } from './storage-lifecycle';
import { type AccountArgs, accountArgsOf, accountNameOf } from './storage-account';

export interface LedgerStorageArgs extends AccountArgs {
  /** For records of rollouts. @default 'ledger' */
  readonly container?: string;
  /** For closing audit bundles, which may be made immutable. @default 'audit' */
  readonly auditContainer?: string;
  /** For where rollouts want single devices to go, which the allocation function reads. @default none */
  readonly allocationsContainer?: string;
  /** @default [] */
  readonly tables?: readonly string[];
  /** Days without change after which records become cheap to keep and dear to read; undefined is never. */
  readonly coolAfterDays?: number;
  /** Days without change after which records are deleted; undefined is never. Audit bundles are never deleted. */
  readonly deleteAfterDays?: number;
  /**
   * Days for which nobody can change or delete an audit bundle, 1 to 146,000. The policy is made unlocked: it can still
   * be shortened or taken away. Locking it is done by hand, because that cannot be undone (docs/rights.md).
   */
  readonly immutableDays?: number;
  /** Days for which deleted blobs, versions and containers can be brought back, 1 to 365. @default 14 */
  readonly softDeleteDays?: number;
}

/** Blob storage, and tables, for device-level facts of rollouts. Roles open it: FleetRights. */
export class LedgerStorage extends pulumi.ComponentResource {
  /** `https://<account>.blob…/` */
  readonly blobEndpoint: pulumi.Output<string>;
  /** `https://<account>.table…/` */
  readonly tableEndpoint: pulumi.Output<string>;
  readonly accountName: pulumi.Output<string>;
  readonly accountId: pulumi.Output<string>;
  readonly container: pulumi.Output<string>;
  readonly containerId: pulumi.Output<string>;
  readonly auditContainer: pulumi.Output<string>;
  readonly auditContainerId: pulumi.Output<string>;
  /** For assignments of devices, where there is one. */
  readonly allocations: { readonly name: pulumi.Output<string>; readonly id: pulumi.Output<string> } | undefined;
  /** By name: the resource id. */
  readonly tableIds: Readonly<Record<string, pulumi.Output<string>>>;

  /** @throws pulumi.RunError that lists all args that Azure would refuse, before anything is made */
  constructor(name: string, args: LedgerStorageArgs, opts?: pulumi.ComponentResourceOptions) {
    super('groundswell:storage:LedgerStorage', name, {}, opts);
    requireSound(args);
    const account = new storage.StorageAccount(accountNameOf(name), accountArgsOf(args), { parent: this });
    const blobs = new storage.BlobServiceProperties(`${name}-blobs`, blobServiceOf(args, account), { parent: account });
    const inside: Inside = { args, account, opts: { parent: account, dependsOn: [blobs] } };
    const container = containerOf(`${name}-container`, args.container ?? 'ledger', inside);
    const audit = containerOf(`${name}-audit`, args.auditContainer ?? 'audit', inside);
    const { allocationsContainer } = args;
    const allocations =
      allocationsContainer === undefined ? undefined : containerOf(`${name}-allocations`, allocationsContainer, inside);
    immutability(`${name}-audit-kept`, audit, inside);
    lifecycle(`${name}-lifecycle`, { records: container, allocations }, inside);

    this.accountName = account.name;
    this.accountId = account.id;
    this.blobEndpoint = account.primaryEndpoints.blob;
    this.tableEndpoint = account.primaryEndpoints.table;
    this.container = container.name;
    this.containerId = container.id;
    this.auditContainer = audit.name;
    this.auditContainerId = audit.id;
    this.allocations = allocations && { name: allocations.name, id: allocations.id };
    this.tableIds = tablesOf(name, inside);
    this.registerOutputs({ blobEndpoint: this.blobEndpoint, container: this.container });
  }
}

interface Inside {
  readonly args: LedgerStorageArgs;
  readonly account: storage.StorageAccount;
  readonly opts: pulumi.CustomResourceOptions;
}

const isWhole = (value: number, from: number, to: number): boolean =>
  Number.isInteger(value) && value >= from && value <= to;

/** storage-resource-provider API, ImmutabilityPolicyProperty and DeleteRetentionPolicy: bounds in days. */
function requireSound(args: LedgerStorageArgs): void {
  const { immutableDays, softDeleteDays = 14, tables = [] } = args;
  const problems = [...lifecycleProblems(args), ...networkProblems(args.network)];
  if (immutableDays !== undefined && !isWhole(immutableDays, 1, 146_000))
    problems.push(`  immutableDays: ${immutableDays}, must be 1 to 146000`);
  if (!isWhole(softDeleteDays, 1, 365)) problems.push(`  softDeleteDays: ${softDeleteDays}, must be 1 to 365`);
  for (const table of tables)
    if (!/^[A-Za-z][A-Za-z0-9]{2,62}$/.test(table))
      problems.push(`  tables: ${table}, must be 3 to 63 letters and digits, a letter first`);
  if (problems.length > 0) throw new pulumi.RunError(`The ledger cannot be stored so:\n${problems.join('\n')}`);
}

/** Nothing is lost by one wrong call: older versions and what was deleted stay for some days. */
export const blobServiceOf = (
  { resourceGroupName, softDeleteDays = 14 }: LedgerStorageArgs,
  account: { readonly name: pulumi.Input<string> },
): storage.BlobServicePropertiesArgs => ({
  resourceGroupName,
  accountName: account.name,
  blobServicesName: 'default',
  isVersioningEnabled: true,
  deleteRetentionPolicy: { enabled: true, days: softDeleteDays },
  containerDeleteRetentionPolicy: { enabled: true, days: softDeleteDays },
});

const containerOf = (resource: string, containerName: string, { args, account, opts }: Inside): storage.BlobContainer =>
  new storage.BlobContainer(
    resource,
    {
      resourceGroupName: args.resourceGroupName,
      accountName: account.name,
      containerName,
      publicAccess: storage.PublicAccess.None,
    },
    opts,
  );

/** Append blobs may grow, so that an audit can be written as it goes. */
function immutability(resource: string, container: storage.BlobContainer, { args, account }: Inside): void {
  if (args.immutableDays === undefined) return;
  new storage.BlobContainerImmutabilityPolicy(
    resource,
    {
      resourceGroupName: args.resourceGroupName,
      accountName: account.name,
      containerName: container.name,
      immutabilityPolicyName: 'default',
      immutabilityPeriodSinceCreationInDays: args.immutableDays,
      allowProtectedAppendWrites: true,
    },
    { parent: container },
  );
}

interface Containers {
  readonly records: storage.BlobContainer;
  readonly allocations: storage.BlobContainer | undefined;
}

function lifecycle(resource: string, { records, allocations }: Containers, { args, account, opts }: Inside): void {
  const rules = [...lifecycleOf(args, records.name), ...(allocations ? [oldVersionsOf(args, allocations.name)] : [])];
  if (rules.length === 0) return;
  new storage.ManagementPolicy(
    resource,
    {
      resourceGroupName: args.resourceGroupName,
      accountName: account.name,
      managementPolicyName: 'default',
      policy: { rules },
    },
    opts,
  );
}

const tablesOf = (name: string, { args, account }: Inside): Record<string, pulumi.Output<string>> =>
  Object.fromEntries(
    (args.tables ?? []).map((tableName) => {
      const tableArgs = { resourceGroupName: args.resourceGroupName, accountName: account.name, tableName };
      return [tableName, new storage.Table(`${name}-${tableName}`, tableArgs, { parent: account }).id];
    }),
  );
