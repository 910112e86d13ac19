import type { Place } from '../engine/place';
import type { Report } from '../measures';
import { history } from './history';
import { latency } from './latency';
import { many } from './many';
import { rollout } from './rollout';

/** The scenarios of the rollout engine. @param devices how large the fleet is */
export const ENGINE_SCENARIOS: Readonly<Record<string, (place: Place, devices: number) => Promise<Report>>> = {
  rollout: (place, devices) => rollout(place, devices, { answerMs: 1_000, parallel: 1 }),
  'rollout-20s': (place, devices) => rollout(place, devices, { answerMs: 20_000, parallel: 10 }),
  history,
  latency,
  many,
};
