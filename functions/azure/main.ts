import {
  app,
  type EventHubFunctionOptions,
  type HttpRequest,
  type HttpResponseInit,
  type InvocationContext,
} from '@azure/functions';
import { ManagedIdentityCredential } from '@azure/identity';
import { entraVerifier } from '../../http/entra';
import { deviceReader } from '../../telemetry/tables';
import { STORE_WITHIN_MS } from '../allocation/allocate';
import { createBlobStore } from '../allocation/blob-store';
import { allocationFunction } from '../allocation/function';
import { settingsFrom } from '../allocation/settings';
import { callerGuard, type Guard } from '../guard';
import type { HttpFunction, Log } from '../http';
import { telemetryFunctions } from '../telemetry/functions';
import { createPipeline } from '../telemetry/pipeline';
import { createSignalR } from '../telemetry/signalr';
import { createEvents } from './events';
import { hasTelemetry, type TelemetryAppSettings, telemetrySettingsFrom } from './settings';

const { env } = process;
const { AZURE_CLIENT_ID: clientId } = env;
const credential =
  clientId === undefined ? new ManagedIdentityCredential() : new ManagedIdentityCredential({ clientId });

const logOf =
  (context: InvocationContext): Log =>
  (level, entry) =>
    level === 'info' ? context.log(JSON.stringify(entry)) : context.warn(JSON.stringify(entry));

/** @param guard who may call; without one the host of Azure Functions asks for a function key */
function serve(http: HttpFunction, guard?: Guard): void {
  const handler = async (request: HttpRequest, context: InvocationContext): Promise<HttpResponseInit> => {
    const refusal = await guard?.(request);
    const { status, body } = refusal ?? (await http.run(request, logOf(context)));
    return { status, jsonBody: body };
  };
  const authLevel = guard === undefined ? 'function' : 'anonymous';
  app.http(http.name, { route: http.name, methods: [http.method], authLevel, handler });
}

/**
 * The checkpoint stays where it is until the retries of a batch have ended (functions-bindings-error-pages.md, "Retry policies"),
 * and these do not end: a batch is done, or its partition waits.
 */
const RETRY = {
  strategy: 'exponentialBackoff',
  maxRetryCount: -1,
  minimumInterval: { seconds: 1 },
  maximumInterval: { minutes: 1 },
} as const;

function read(
  { host, eventHub }: { readonly host: string; readonly eventHub: string },
  of: TelemetryAppSettings,
): void {
  const { settings } = of;
  const processor = createPipeline({ ...of, credential }, (error, devices) =>
    console.warn(JSON.stringify({ what: 'pages were not told', devices, error: String(error) })),
  );
  const take = createEvents({ processor, host, eventHub, hubs: settings.hubs });
  const options: EventHubFunctionOptions & { readonly dataType: 'binary' } = {
    connection: 'Telemetry',
    eventHubName: '%TELEMETRY_EVENT_HUB%',
    consumerGroup: '%TELEMETRY_CONSUMER_GROUP%',
    cardinality: 'many',
    dataType: 'binary', // bodies as they came: the pipeline says what is no JSON
    retry: RETRY,
    handler: async (bodies, context) => {
      const outcome = await take(bodies as unknown[], context.triggerMetadata);
      context.log(JSON.stringify({ what: 'batch', ...outcome }));
    },
  };
  app.eventHub('telemetry', options);
}

function serveTelemetry(of: TelemetryAppSettings): void {
  const { tableEndpoint, signalrEndpoint, signIn, events } = of;
  const callers = signIn && callerGuard(entraVerifier(signIn));
  const signalr = createSignalR(signalrEndpoint, credential);
  for (const http of telemetryFunctions(deviceReader(tableEndpoint, credential), signalr))
    serve(http, http.access === 'caller' ? callers : undefined);
  if (events !== undefined) read(events, of);
}

function serveAllocation(): void {
  const { containerUrl, ...settings } = settingsFrom(env);
  const store = createBlobStore(containerUrl, credential);
  serve(allocationFunction({ ...settings, store, withinMs: STORE_WITHIN_MS }));
}

// Two apps, one package: each registers what its settings are for, and does not start with a wrong one.
if (hasTelemetry(env)) serveTelemetry(telemetrySettingsFrom(env));
else serveAllocation();
