import type { TokenCredential } from '@azure/identity';
import { entraVerifier } from '../../http/entra';
import { localIdentity } from '../../http/identity';
import { deviceReader } from '../../telemetry/tables';
import { STORE_WITHIN_MS } from '../allocation/allocate';
import { createBlobStore } from '../allocation/blob-store';
import { allocationFunction } from '../allocation/function';
import { callerGuard, type Guard, keyGuard, READ_ROLE } from '../guard';
import { telemetryFunctions } from '../telemetry/functions';
import { createSignalR } from '../telemetry/signalr';
import type { HostSettings, TelemetryHostSettings, WebhookHostSettings } from './host-settings';
import type { Served } from './server';

/** What a start adds to the outputs of the stack. */
export interface Start {
  /** Of whoever uses the page on this machine, in the place of tokens of Entra ID. A secret. */
  readonly localToken?: string;
}

/** One way in, never two: a token of this start, else one of Entra ID, else a function key. */
function callersOf({ signIn, functionKey }: TelemetryHostSettings, { localToken }: Start): Guard {
  if (localToken !== undefined)
    return callerGuard(localIdentity(localToken, { name: 'local', id: 'local', roles: [READ_ROLE], scopes: [] }));
  return signIn === undefined ? keyGuard(functionKey) : callerGuard(entraVerifier(signIn));
}

function telemetryServed(settings: TelemetryHostSettings, start: Start, credential: TokenCredential): Served[] {
  const signalr = createSignalR(settings.signalrEndpoint, credential);
  const guards = { key: keyGuard(settings.functionKey), caller: callersOf(settings, start) };
  return telemetryFunctions(deviceReader(settings.tableEndpoint, credential), signalr).map((http) => ({
    http,
    guard: guards[http.access],
  }));
}

function allocationServed(
  { containerUrl, functionKey, ...rest }: WebhookHostSettings,
  credential: TokenCredential,
): Served {
  const store = createBlobStore(containerUrl, credential);
  return { http: allocationFunction({ ...rest, store, withinMs: STORE_WITHIN_MS }), guard: keyGuard(functionKey) };
}

/** All functions that the stack has, each with who may call it. @throws Error when the local token is too short */
export const servedBy = (
  { allocation, telemetry }: HostSettings,
  start: Start,
  credential: TokenCredential,
): readonly Served[] => [
  ...(allocation ? [allocationServed(allocation, credential)] : []),
  ...(telemetry ? telemetryServed(telemetry, start, credential) : []),
];
