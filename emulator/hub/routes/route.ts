import type { DataAction } from '../access';
import type { ErrorStyle } from '../errors';
import type { Hub } from '../hub';
import type { Right } from '../settings';
import type { Proof } from '../device-message';

/** What a route needs and how it refuses. */
export interface HubRoute {
  /** undefined: any valid credential of the hub. */
  readonly right: Right | undefined;
  /** What an Entra token's roles must allow, every one; none: the operation takes no Entra token. */
  readonly action: DataAction | readonly DataAction[];
  readonly style: ErrorStyle;
  /** Whether Basic hubs have it too. */
  readonly everyTier: boolean;
}

/** A request to a hub, after its caller was let in. Parameters are decoded. */
export interface HubCall {
  readonly hub: Hub;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string | undefined>>;
  /** The JSON that was sent; undefined when nothing was. @throws HubError IotHubFormatError when it is none */
  readonly body: unknown;
  /** What was sent, byte for byte. */
  readonly raw: Buffer;
  /** Headers as they were sent, with their names' case. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** How the caller proved who it is. */
  readonly proof: Proof;
  readonly header: (name: string) => string | undefined;
  /** Sets a header of the answer. */
  readonly set: (name: string, value: string) => void;
  /** Sets the status of the answer; 200 unless set. */
  readonly status: (code: number) => void;
}

/** Adds one operation. The handler's result is the JSON answer; undefined answers 204. */
export type AddRoute = (
  method: Method,
  url: string,
  route: Partial<HubRoute>,
  handler: (call: HubCall) => unknown,
) => void;
export type Method = 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE';
