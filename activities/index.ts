import type { PlanningActivities } from './planning';
import type { WaveActivities } from './waves';

/** Every activity that the worker registers: what workflows proxy. */
export type Activities = PlanningActivities & WaveActivities;
