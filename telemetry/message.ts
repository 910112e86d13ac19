/** A message of a device, as an event hub holds it. */
export interface TelemetryMessage {
  /** Of its partition, whole, rising. */
  readonly sequence: number;
  /** When the event hub has taken it, ms since 1970. */
  readonly enqueuedAtMs: number;
  /** When the IoT hub has taken it, ms since 1970: the time of its reading. */
  readonly atMs: number;
  /** By the enrichment; the batch's own otherwise. */
  readonly hub?: string;
  readonly deviceId?: string;
  /** As it came, unchecked. */
  readonly site?: unknown;
  readonly body: Uint8Array;
}

/** Messages of one partition, in order of their sequence numbers. */
export interface TelemetryBatch {
  /** Names the event hub for good: `<namespace>/<event hub>`. */
  readonly source: string;
  readonly partition: string;
  /** Of messages that do not name their hub: the one whose built-in endpoint is read. */
  readonly hub: string;
  readonly messages: readonly TelemetryMessage[];
}

/**
 * An event as `@azure/event-hubs` gives it with `skipParsingBodyAsJson`; a function makes the same from its trigger's
 * metadata.
 */
export interface ReceivedEvent {
  readonly body: unknown;
  readonly sequenceNumber: number;
  readonly enqueuedTimeUtc: Date | string;
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly systemProperties?: Readonly<Record<string, unknown>>;
}

/** Source: iot-hub/iot-hub-devguide-messages-read-builtin.md, "Read from the built-in endpoint". */
const DEVICE = 'iothub-connection-device-id';
const HUB_TIME = 'iothub-enqueuedtime';

const timeOf = (value: unknown): number | undefined => {
  const ms = value instanceof Date || typeof value === 'string' ? new Date(value).getTime() : value;
  return typeof ms === 'number' && Number.isFinite(ms) ? ms : undefined;
};

const bytesOf = (body: unknown): Uint8Array =>
  body instanceof Uint8Array ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body ?? null));

const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/**
 * @param hubs the stack's names of hubs by the enrichment's
 * @throws Error when it has no time at which it was taken: no event of an event hub is without
 */
export function messageOf(event: ReceivedEvent, hubs: Readonly<Record<string, string>> = {}): TelemetryMessage {
  const { body, sequenceNumber: sequence, enqueuedTimeUtc, properties = {}, systemProperties = {} } = event;
  const enqueuedAtMs = timeOf(enqueuedTimeUtc);
  if (enqueuedAtMs === undefined)
    throw new Error(`event ${sequence} says it was taken at ${String(enqueuedTimeUtc)}, which is no time`);
  const named = textOf(properties['hub']);
  const hub = named === undefined || !Object.hasOwn(hubs, named) ? named : hubs[named];
  const deviceId = textOf(systemProperties[DEVICE]);
  return {
    sequence,
    enqueuedAtMs,
    atMs: timeOf(systemProperties[HUB_TIME]) ?? enqueuedAtMs,
    ...(hub !== undefined && { hub }),
    ...(deviceId !== undefined && { deviceId }),
    ...(properties['site'] !== undefined && { site: properties['site'] }),
    body: bytesOf(body),
  };
}
