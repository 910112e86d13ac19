import type { EngineRun, Place } from './engine/place';
import { ENGINE_SCENARIOS } from './scenarios/engine-scenarios';

// The process of a scenario of the rollout engine; it sends its report to main.ts, whose fork it is.
process.once('message', (message) => {
  const { name, devices, place } = message as EngineRun & { readonly place: Place };
  const scenario = ENGINE_SCENARIOS[name];
  if (scenario === undefined) throw new Error(`there is no scenario ${name}`);
  void scenario(place, devices).then((report) => {
    process.send?.(report, undefined, undefined, () => process.exit());
  });
});
