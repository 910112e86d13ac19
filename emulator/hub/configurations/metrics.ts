import type { JsonObject } from '../../world/json';
import { HubError } from '../errors';
import { countRows, type Sources } from '../query/run';
import { configurationView, type Configuration } from './configuration';
import { systemQueries } from './target';

/** A configuration with its metrics, counted now: each is the number of rows of its query. */
export const measuredView = (configuration: Configuration, sources: Sources): JsonObject => ({
  ...configurationView(configuration),
  systemMetrics: measured(systemQueries(configuration), sources),
  metrics: measured(configuration.metrics, sources),
});

function measured(queries: Readonly<Record<string, string>>, sources: Sources): JsonObject {
  const results = Object.entries(queries).map(([name, text]) => [name, counted(text, sources)] as const);
  return { results: Object.fromEntries(results.filter(([, count]) => count !== undefined)) as JsonObject, queries };
}

/** A configuration that aims at nobody has a system query that cannot be read. */
function counted(text: string, sources: Sources): number | undefined {
  try {
    return countRows(sources, text);
  } catch (error) {
    if (error instanceof HubError) return 0;
    throw error;
  }
}
