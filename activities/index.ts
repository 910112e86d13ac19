import type { PlanActivities } from './contracts';
import type { WaveActivities } from './waves';

/** Every activity that the worker registers: what workflows proxy. */
export type Activities = PlanActivities & WaveActivities;
