import { contextOf, type Servers } from './scenarios/context';
import { SCENARIOS } from './scenarios/scenarios';

// The process of a scenario: makes the load, measures, and sends its report to main.ts, whose fork it is.
process.once('message', (message) => {
  const { name, servers } = message as { name: string; servers: Servers };
  const scenario = SCENARIOS[name];
  if (scenario === undefined) throw new Error(`there is no scenario ${name}`);
  void scenario(contextOf(servers)).then((report) => {
    process.send?.(report, undefined, undefined, () => process.exit());
  });
});
