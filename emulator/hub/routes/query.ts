import { z } from 'zod';
import type { Hub } from '../hub';
import { LARGEST_PAGE, runQuery, type Sources } from '../query/run';
import { countOf, parse } from './parse';
import type { AddRoute, HubCall } from './route';

const QueryBody = z.object({ query: z.string() });

/** Queries over twins and job rows, a page a call. */
export function queryRoutes(add: AddRoute): void {
  add('POST', '/devices/query', { right: 'ServiceConnect', action: 'twins/read' }, query);
}

/** Those of now, unless a test has asked for others. */
function sourcesOf(hub: Hub): Sources {
  const lag = hub.faults.lagAt('query', { hub: hub.name });
  if (lag === undefined) return hub.sources;
  hub.counters.add('fault lag query');
  return hub.sourcesBehind(lag);
}

function query({ hub, body, header, set }: HubCall): unknown {
  const size = countOf(header('x-ms-max-item-count'), 'x-ms-max-item-count', LARGEST_PAGE);
  const { items, itemType, continuation } = runQuery(
    sourcesOf(hub),
    parse(QueryBody, body).query,
    size,
    header('x-ms-continuation'),
  );
  set('x-ms-item-type', itemType);
  if (continuation !== undefined) set('x-ms-continuation', continuation);
  return items;
}
