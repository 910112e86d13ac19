import { z } from 'zod';
import { LARGEST_PAGE, runQuery } from '../query/run';
import { countOf, parse } from './parse';
import type { AddRoute, HubCall } from './route';

const QueryBody = z.object({ query: z.string() });

/** Queries over twins and job rows, a page a call. */
export function queryRoutes(add: AddRoute): void {
  add('POST', '/devices/query', { right: 'ServiceConnect', action: 'twins/read' }, query);
}

function query({ hub, body, header, set }: HubCall): unknown {
  const size = countOf(header('x-ms-max-item-count'), 'x-ms-max-item-count', LARGEST_PAGE);
  const { items, itemType, continuation } = runQuery(
    hub.sources,
    parse(QueryBody, body).query,
    size,
    header('x-ms-continuation'),
  );
  set('x-ms-item-type', itemType);
  if (continuation !== undefined) set('x-ms-continuation', continuation);
  return items;
}
