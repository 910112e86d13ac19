import type { PreviewInput } from '../activities/contracts';
import type { PlanSummary } from '../domain/plan';
import { previewPlan } from './calls';

/** Says what a rollout would do now. It reads hubs, by the worker's rights, and changes nothing. */
export const preview = (input: PreviewInput): Promise<PlanSummary> => previewPlan(input);
