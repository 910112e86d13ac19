import type {
  CheckActivities,
  ClaimActivities,
  FleetActivities,
  LedgerActivities,
  NoticeActivities,
  PlanActivities,
  ShareActivities,
  WindowActivities,
} from './contracts';

/** Every activity that workflows call. */
export type Activities = PlanActivities &
  LedgerActivities &
  ShareActivities &
  CheckActivities &
  NoticeActivities &
  WindowActivities &
  FleetActivities &
  ClaimActivities;
