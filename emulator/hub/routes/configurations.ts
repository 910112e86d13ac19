import { z } from 'zod';
import { applyContent } from '../configurations/apply';
import { ConfigurationInput } from '../configurations/configuration';
import { measuredView } from '../configurations/metrics';
import { checkMetric, compileTarget } from '../configurations/target';
import { HubError } from '../errors';
import { parse } from './parse';
import type { AddRoute, HubCall } from './route';

const QueriesBody = z.object({
  targetCondition: z.string().nullish(),
  customMetricQueries: z.record(z.string(), z.string()).nullish(),
});

/** Automatic management of devices (REST reference, "Configuration"). */
export function configurationRoutes(add: AddRoute): void {
  const reads = { right: 'RegistryRead', action: 'configurations/read' } as const;
  const writes = { right: 'RegistryWrite', action: 'configurations/write' } as const;
  const removes = { right: 'RegistryWrite', action: 'configurations/delete' } as const;
  const tests = { right: 'RegistryWrite', action: 'configurations/testQueries/action' } as const;
  const applies = { right: 'RegistryWrite', action: 'configurations/applyToEdgeDevice/action' } as const;
  add('GET', '/configurations', reads, ({ hub }) =>
    hub.configurations.list().map((each) => measuredView(each, hub.sources)),
  );
  add('GET', '/configurations/:id', reads, ({ hub, params: { id = '' } }) =>
    measuredView(hub.configurations.require(id), hub.sources),
  );
  add('PUT', '/configurations/:id', writes, putConfiguration);
  add('DELETE', '/configurations/:id', removes, ({ hub, params: { id = '' }, header }) => {
    hub.configurations.delete(id, header('if-match'));
  });
  add('POST', '/configurations/testQueries', tests, testQueries);
  add('POST', '/devices/:id/applyConfigurationContent', applies, ({ hub, params: { id = '' }, body }) => {
    applyContent(hub.devices, id, body);
  });
}

/** Without If-Match, or with one that is not quoted, it creates: so a live hub does (see configuration.ts). */
function putConfiguration({ hub, params, body, header }: HubCall): unknown {
  const input = parse(ConfigurationInput, body);
  if (input.id !== params.id) {
    throw new HubError('ArgumentInvalid', 'The id in the body differs from the one in the path.');
  }
  const ifMatch = header('if-match');
  const isUpdate = ifMatch !== undefined && (ifMatch === '*' || /^".*"$/.test(ifMatch));
  const { configurations, sources } = hub;
  return measuredView(isUpdate ? configurations.update(input, ifMatch) : configurations.create(input), sources);
}

/** Always 200: what is wrong stands in the body. */
function testQueries({ body }: HubCall): unknown {
  const { targetCondition, customMetricQueries } = parse(QueriesBody, body);
  const kind = /^\s*from\s/i.test(targetCondition ?? '') ? 'module' : 'device';
  const metrics = Object.entries(customMetricQueries ?? {}).map(
    ([name, text]) => [name, problemOf(() => checkMetric(text))] as const,
  );
  return {
    targetConditionError: problemOf(() => compileTarget({ content: { kind }, targetCondition: targetCondition ?? '' })),
    customMetricQueryErrors: Object.fromEntries(metrics.filter(([, problem]) => problem !== '')),
  };
}

function problemOf(check: () => unknown): string {
  try {
    check();
    return '';
  } catch (error) {
    if (error instanceof HubError) return error.message;
    throw error;
  }
}
