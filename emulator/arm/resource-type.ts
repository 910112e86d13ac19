import type { Claims } from '../entra/tokens';
import type { ArmPath } from './path';
import type { Resource } from './store';

export interface ArmRequest {
  readonly path: ArmPath;
  /** The path as it was asked, without a trailing slash: the id of a resource that is created. */
  readonly id: string;
  readonly apiVersion: string;
  readonly query: Readonly<Record<string, string | undefined>>;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The parsed body; {} when there was none. */
  readonly body: Readonly<Record<string, unknown>>;
  readonly caller: Claims;
}

export interface ArmAnswer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export type Handler = (request: ArmRequest) => ArmAnswer | undefined | Promise<ArmAnswer | undefined>;

/** How one type of resource behaves. An operation that is left out answers 405; undefined answers 404. */
export interface ResourceType {
  /** Full type, such as 'Microsoft.Devices/IotHubs'; a bare namespace for actions of the provider itself. */
  readonly type: string;
  readonly get?: Handler;
  readonly list?: Handler;
  readonly put?: Handler;
  readonly patch?: Handler;
  readonly delete?: Handler;
  /** POST actions by lower-case name. */
  readonly actions?: Readonly<Record<string, Handler>>;
  /** Undoes what lies behind the resource when its group or parent goes; the store's entry is removed by the caller. */
  release?(resource: Resource): Promise<void>;
}

export const ok = (body: unknown): ArmAnswer => ({ status: 200, body });
export const listOf = (value: readonly unknown[]): ArmAnswer => ok({ value });
export const header = ({ headers }: ArmRequest, name: string): string | undefined => {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
};
