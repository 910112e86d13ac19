import { app, type HttpRequest, type HttpResponseInit, type InvocationContext } from '@azure/functions';
import { ManagedIdentityCredential } from '@azure/identity';
import { type AllocationEntry, createAllocation, STORE_WITHIN_MS } from '../allocation/allocate';
import { createBlobStore } from '../allocation/blob-store';
import { settingsFrom } from '../allocation/settings';

const { containerUrl, service, rules } = settingsFrom(process.env);
const { AZURE_CLIENT_ID: clientId } = process.env;
const store = createBlobStore(
  containerUrl,
  clientId === undefined ? new ManagedIdentityCredential() : new ManagedIdentityCredential({ clientId }),
);

/** The host of Azure Functions checks the key and hands over POSTs only. */
async function allocateByHttp(request: HttpRequest, context: InvocationContext): Promise<HttpResponseInit> {
  const log = (entry: AllocationEntry): void =>
    entry.answer.status === 200 ? context.log(JSON.stringify(entry)) : context.warn(JSON.stringify(entry));
  const allocate = createAllocation({ service, rules, store, withinMs: STORE_WITHIN_MS, log });
  const answer = await allocate(await request.json().catch(() => undefined));
  return answer.status === 200
    ? { status: 200, jsonBody: answer.body }
    : { status: answer.status, jsonBody: { error: answer.reason } };
}

app.http('allocate', { route: 'allocate', methods: ['POST'], authLevel: 'function', handler: allocateByHttp });
