/** Whether a device that registers again may be moved, and whether its data goes along: the record as DPS keeps it. */
export interface ReprovisionPolicy {
  /** The allocation policy is asked again, so that the device may get another hub. */
  readonly updateHubAssignment: boolean;
  /** Tags, desired and reported properties go along; else the device starts again from the initial twin. */
  readonly migrateDeviceData: boolean;
}

/**
 * The three policies by Azure's names.
 *
 * @see Azure, iot-dps/concepts-device-reprovision.md, "Reprovisioning policies"
 */
export const ReprovisionPolicies = {
  reprovisionAndMigrateData: { updateHubAssignment: true, migrateDeviceData: true },
  reprovisionAndResetToInitialConfig: { updateHubAssignment: true, migrateDeviceData: false },
  never: { updateHubAssignment: false, migrateDeviceData: false },
} as const satisfies Record<string, ReprovisionPolicy>;

/** A name in {@link ReprovisionPolicies}. */
export type ReprovisionPolicyName = keyof typeof ReprovisionPolicies;
