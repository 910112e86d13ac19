export { hubArbiter } from './arbiter';
export { preview } from './preview';
export { rollout } from './rollout';
export { scheduledRollout } from './scheduled';
