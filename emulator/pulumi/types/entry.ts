import type { WireNames } from '../schema/convert';
import type { Properties } from '../values';

/**
 * How an azure-native type maps to the Resource Manager. The real provider has the same table, generated from Azure's
 * REST specifications; what the SDK declares of a type is in `schema/azure-native.json`.
 */
export interface TypeEntry {
  /** With `{parameter}`s that are inputs of the same name; `{subscriptionId}` is the provider's. */
  readonly path: string;
  /**
   * Inputs beside `properties` in the body, where the SDK takes `properties` apart; undefined when `properties` is
   * itself an input.
   */
  readonly envelope?: readonly string[];
  readonly wireNames?: WireNames;
  /**
   * Inputs beside the path's parameters that only a replacement can change, as azure-native has them: those whose
   * `x-ms-mutability` lacks `update`, and its own list (provider/pkg/gen/replacement.go). Members of inputs are none.
   */
  readonly forceNew?: readonly string[];
  /** Azure cannot delete it: the real provider puts this body instead (defaultResourcesState.go). */
  readonly whenDeleted?: Properties;
}

export interface FunctionEntry {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly apiVersion: string;
  /** Keys, at any depth, whose values are secrets. */
  readonly secrets: readonly string[];
  /** The type that it answers one of, whose outputs it has; undefined when it answers as the service does. */
  readonly answers?: string;
}

export const GROUP = '/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}';
/** Inputs that stand beside `properties` in the body of most types. */
export const ENVELOPE = ['extendedLocation', 'identity', 'kind', 'location', 'sku', 'tags'] as const;

/** Names of the parameters in a path, without the provider's own. */
export const parametersOf = ({ path }: { readonly path: string }): string[] =>
  [...path.matchAll(/\{(\w+)\}/g)].flatMap(([, name]) =>
    name === undefined || name === 'subscriptionId' ? [] : [name],
  );
