/** What an MQTT client says of itself in its user name; nothing of it is proven. */
export interface UserName {
  readonly host: string;
  readonly deviceId: string;
  readonly moduleId: string | undefined;
  /** The plug-and-play model the device says it follows. */
  readonly modelId: string | undefined;
}

/** A DTMI with its version (DTDL v2, "Digital Twin Model Identifier"). */
const MODEL_ID = /^dtmi:[a-z](?:\w*[a-z0-9])?(?::[a-z](?:\w*[a-z0-9])?)*;[1-9]\d{0,8}$/i;

/**
 * Reads `{host}/{deviceId}[/{moduleId}][/?api-version=…&DeviceClientType=…&model-id=…]`; the question mark may be left
 * out (iot/iot-mqtt-connect-to-iot-hub.md).
 */
export function userNameOf(text: string): UserName {
  const [host = '', deviceId = '', ...rest] = text.split('/');
  const isQuery = (segment = ''): boolean => segment === '' || /^(\?|api-version=)/.test(segment);
  const moduleId = isQuery(rest[0]) ? undefined : rest[0];
  const query = rest.slice(moduleId === undefined ? 0 : 1).join('/');
  const modelId = new URLSearchParams(query.replace(/^\?/, '')).get('model-id') ?? undefined;
  return { host, deviceId, moduleId, modelId };
}

/** @param text at most 128 characters are a model id */
export const isModelId = (text: string): boolean => text.length <= 128 && MODEL_ID.test(text);
