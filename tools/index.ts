import { SPECS } from './specs';
import { toolbox } from './toolbox';

export {
  type LanguageHost,
  languageHost,
  ownHostIsBuilt,
  pulumiEnvironment,
  temporalEnvironment,
  type ToolEnvironment,
  withTools,
} from './environment';
export { CommandFailedError, ToolUnavailableError } from './errors';
export { inspect, type Inspection, sufficient } from './inspect';
export type { Located, Progress, ToolName } from './types';

/** The tools of this machine: `locate` never installs, `ensure` does (docs/decisions/0003-tool-discovery.md). */
export const { locate, ensure } = toolbox(SPECS);
