/** Topics of a device. Source: iot/iot-mqtt-connect-to-iot-hub.md. */
export const TOPICS = {
  responses: '$iothub/twin/res/#',
  desired: '$iothub/twin/PATCH/properties/desired/#',
  methods: '$iothub/methods/POST/#',
  twin: '$iothub/twin/GET/',
  reported: '$iothub/twin/PATCH/properties/reported/',
} as const;

/** The answer to a request about the twin. @example responseOf('$iothub/twin/res/204/?$rid=7&$version=3') // => { status: 204, id: 7 } */
export function responseOf(topic: string): { readonly status: number; readonly id: number } | undefined {
  const [, status, query] = /^\$iothub\/twin\/res\/(\d+)\/\?(.*)$/.exec(topic) ?? [];
  if (status === undefined) return undefined;
  return { status: Number(status), id: Number(new URLSearchParams(query).get('$rid')) };
}

/** A call of a method. @example methodOf('$iothub/methods/POST/ping/?$rid=a1') // => { name: 'ping', id: 'a1' } */
export function methodOf(topic: string): { readonly name: string; readonly id: string } | undefined {
  const [, name, query] = /^\$iothub\/methods\/POST\/([^/]+)\/\?(.*)$/.exec(topic) ?? [];
  if (name === undefined) return undefined;
  return { name, id: new URLSearchParams(query).get('$rid') ?? '' };
}

/** Where JSON telemetry goes, with its properties in the topic. */
export function telemetryTopic(deviceId: string, properties: Readonly<Record<string, string>>): string {
  const bag = Object.entries({ '$.ct': 'application/json', '$.ce': 'utf-8', ...properties }).map(
    ([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`,
  );
  return `devices/${deviceId}/messages/events/${bag.join('&')}`;
}
