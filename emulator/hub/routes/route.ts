import type { DataAction } from '../access';
import type { ErrorStyle } from '../errors';
import type { Hub } from '../hub';
import type { Right } from '../settings';

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
  readonly body: unknown;
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
