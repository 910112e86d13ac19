import type { Client } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import { SEARCH_ATTRIBUTES } from '../../domain/search-attributes';
import { GRPC, grpcStatusOf } from './errors';

export type SearchAttribute = (typeof SEARCH_ATTRIBUTES)[keyof typeof SEARCH_ATTRIBUTES];

const { IndexedValueType } = temporal.api.enums.v1;
const typeOf = ({ type }: SearchAttribute): temporal.api.enums.v1.IndexedValueType =>
  IndexedValueType[`INDEXED_VALUE_TYPE_${type}`];

const ALL: readonly SearchAttribute[] = Object.values(SEARCH_ATTRIBUTES);

/** @returns those that the server lacks; all, where it does not let us ask */
export async function missingAttributes(client: Client): Promise<readonly SearchAttribute[]> {
  const { namespace } = client.options;
  try {
    const { customAttributes } = await client.connection.operatorService.listSearchAttributes({ namespace });
    return ALL.filter((attribute) => customAttributes[attribute.name] !== typeOf(attribute));
  } catch (error) {
    const status = grpcStatusOf(error);
    if (status === GRPC.permissionDenied || status === GRPC.unimplemented) return ALL;
    throw error;
  }
}

export async function registerAttributes(client: Client, attributes: readonly SearchAttribute[]): Promise<void> {
  await client.connection.operatorService.addSearchAttributes({
    namespace: client.options.namespace,
    searchAttributes: Object.fromEntries(attributes.map((attribute) => [attribute.name, typeOf(attribute)])),
  });
}
