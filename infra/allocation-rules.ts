import type { FleetConfig } from './config';
import { isLinked } from './hubs';

/** What the allocation function is told of devices that no rollout moves; hubs by their names in the configuration. */
export interface AllocationRules {
  readonly default: GroupRules;
  /** By the group's id: those that differ from the default. */
  readonly groups: Readonly<Record<string, GroupRules>>;
}

interface GroupRules {
  /** Hubs that take devices without a hub, and their weights. */
  readonly newDevices: readonly { readonly hub: string; readonly weight: number }[];
  readonly payload?: object;
}

/**
 * Where devices go that have no hub yet: to every linked hub but those for quarantine, unless their group names others.
 */
export function allocationRulesOf(config: FleetConfig): AllocationRules {
  const weighted = (names: readonly string[]) => names.map((hub) => ({ hub, weight: config.hubs[hub]?.weight ?? 1 }));
  const usual = Object.keys(config.hubs).filter((hub) => isLinked(hub, config) && !config.hubs[hub]?.quarantine);
  const groups = Object.entries(config.enrollmentGroups).flatMap(([id, { allocation }]) => {
    if (typeof allocation !== 'object') return [];
    const { newDevices, payload } = allocation.custom;
    if (newDevices === undefined && payload === undefined) return [];
    return [[id, { newDevices: weighted(newDevices ?? usual), ...(payload && { payload }) }] as const];
  });
  return { default: { newDevices: weighted(usual) }, groups: Object.fromEntries(groups) };
}

/** The setting ALLOCATION_RULES, with host names: functions/allocation/rules.ts reads it. */
export function settingOf(rules: AllocationRules, hostNames: Readonly<Record<string, string>>): object {
  const withHosts = ({ newDevices, ...rest }: GroupRules) => ({
    ...rest,
    newDevices: Object.fromEntries(newDevices.map(({ hub, weight }) => [hostNames[hub] ?? hub, weight])),
  });
  return {
    default: withHosts(rules.default),
    groups: Object.fromEntries(Object.entries(rules.groups).map(([id, group]) => [id, withHosts(group)])),
  };
}
