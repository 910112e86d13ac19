export { hubArbiter } from './arbiter';
export { deviceCounts, devicePage, deviceStory, verification } from './ledger';
export { preview } from './preview';
export { rollout } from './rollout';
export { scheduledRollout } from './scheduled';
export { deviceTwin } from './twin';
