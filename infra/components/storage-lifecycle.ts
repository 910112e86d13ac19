import * as storage from '@pulumi/azure-native/storage';
import type { types } from '@pulumi/azure-native';
import * as pulumi from '@pulumi/pulumi';

type LifecycleRule = types.input.storage.ManagementPolicyRuleArgs;

/** The part of LedgerStorageArgs that ages records. */
export interface Lifecycle {
  readonly coolAfterDays?: number;
  readonly deleteAfterDays?: number;
  readonly softDeleteDays?: number;
}

/** lifecycle-management-policy-structure.md: whole days. */
const MAX_DAYS = 99_999;

/** @returns a sentence a problem: field, value and what is allowed */
export function lifecycleProblems({ coolAfterDays, deleteAfterDays }: Lifecycle): string[] {
  const given = Object.entries({ coolAfterDays, deleteAfterDays }).flatMap(([field, days]) =>
    days === undefined || (Number.isInteger(days) && days >= 1 && days <= MAX_DAYS)
      ? []
      : [`  ${field}: ${days}, must be 1 to ${MAX_DAYS}`],
  );
  if (coolAfterDays === undefined || deleteAfterDays === undefined || coolAfterDays < deleteAfterDays) return given;
  return [...given, `  coolAfterDays: ${coolAfterDays}, must be less than deleteAfterDays, ${deleteAfterDays}`];
}

/**
 * Rules for one container. Older versions go once they cannot be brought back either, else versioning keeps all for ever.
 *
 * @returns none when nothing ages
 */
export function lifecycleOf(
  { coolAfterDays, deleteAfterDays, softDeleteDays = 14 }: Lifecycle,
  container: pulumi.Input<string>,
): LifecycleRule[] {
  if (coolAfterDays === undefined && deleteAfterDays === undefined) return [];
  return [
    {
      name: 'age-out',
      enabled: true,
      type: storage.RuleType.Lifecycle,
      definition: {
        filters: { blobTypes: ['blockBlob'], prefixMatch: [pulumi.interpolate`${container}/`] },
        actions: {
          baseBlob: {
            ...(coolAfterDays !== undefined && { tierToCool: { daysAfterModificationGreaterThan: coolAfterDays } }),
            ...(deleteAfterDays !== undefined && { delete: { daysAfterModificationGreaterThan: deleteAfterDays } }),
          },
          version: { delete: { daysAfterCreationGreaterThan: softDeleteDays } },
        },
      },
    },
  ];
}

/** A rule for a container whose blobs come and go: versioning would keep each of them for ever. */
export const oldVersionsOf = ({ softDeleteDays = 14 }: Lifecycle, container: pulumi.Input<string>): LifecycleRule => ({
  name: 'old-versions',
  enabled: true,
  type: storage.RuleType.Lifecycle,
  definition: {
    filters: { blobTypes: ['blockBlob'], prefixMatch: [pulumi.interpolate`${container}/`] },
    actions: { version: { delete: { daysAfterCreationGreaterThan: softDeleteDays } } },
  },
});
