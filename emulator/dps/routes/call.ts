import type { X509Certificate } from 'node:crypto';
import type { Need } from '../access';
import type { ProvisioningService } from '../services';

/** A request to a provisioning service. Parameters are decoded; names of query parameters are in lower case. */
export interface DpsCall {
  readonly service: ProvisioningService;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string | undefined>>;
  readonly body: unknown;
  readonly host: string;
  readonly header: (name: string) => string | undefined;
  /** What the client showed in its TLS handshake, leaf first. */
  readonly certificates: () => readonly X509Certificate[];
  /** Sets a header of the answer. */
  readonly set: (name: string, value: string) => void;
  /** Sets the status of the answer; 200 unless set. */
  readonly status: (code: number) => void;
}

/** What a route asks of its caller: `need` of the service API; devices prove themselves in their handlers. */
export type DpsRoute = { readonly of: 'service'; readonly need: Need } | { readonly of: 'device' };

/** Adds one operation. The handler's result is the JSON answer; undefined answers 204. */
export type AddDpsRoute = (
  method: 'GET' | 'PUT' | 'POST' | 'DELETE',
  url: string,
  route: DpsRoute,
  handler: (call: DpsCall) => unknown,
) => void;
