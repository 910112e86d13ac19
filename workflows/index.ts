export { hubArbiter } from './arbiter';
export { preview } from './preview';
export { rollout } from './rollout';
