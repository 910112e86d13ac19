import type { Report } from '../measures';
import { connections } from './connections';
import type { Context } from './context';
import { identities } from './identities';
import { messages } from './messages';
import { telemetry } from './telemetry';

/** Every scenario, by the name that the command line takes. */
export const SCENARIOS: Readonly<Record<string, (context: Context) => Promise<Report>>> = {
  connections,
  messages,
  identities,
  telemetry,
};
