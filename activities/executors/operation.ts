import { isObject } from '../../domain/json';
import type { Json, MethodAction } from '../../domain/spec';

/** The payload of a method call, with the operation's id where the spec names a field for it. */
export const payloadOf = ({ payload, operationIdField: field }: MethodAction, operationId: string): Json =>
  field === undefined ? payload : { ...(isObject(payload) ? payload : {}), [field]: operationId };
