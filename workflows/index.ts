export { preview } from './preview';
export { rollout } from './rollout';
