/** `iothub-message-source` of an event (iot-hub/iot-hub-devguide-messages-d2c.md). */
export type EventSource =
  | 'Telemetry'
  | 'twinChangeEvents'
  | 'deviceLifecycleEvents'
  | 'deviceConnectionStateEvents'
  | 'deviceJobLifecycleEvents'
  | 'digitalTwinChangeEvents';

/** What the sender may say of a message beside its own properties (iot-hub/iot-hub-devguide-messages-construct.md). */
export interface SystemProperties {
  readonly messageId?: string;
  readonly correlationId?: string;
  readonly userId?: string;
  readonly contentType?: string;
  readonly contentEncoding?: string;
  /** ISO 8601, as the device gave it. */
  readonly creationTimeUtc?: string;
  readonly interfaceId?: string;
  readonly componentName?: string;
}

/** A message of a device, or of the hub about a device, before it has its place in a partition. */
export interface HubEvent {
  readonly source: EventSource;
  readonly deviceId: string;
  readonly moduleId?: string;
  readonly system: SystemProperties;
  /** Application properties. */
  readonly properties: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** `generationId` of the identity: tells a device from one of the same name before it. */
  readonly generationId?: string;
  /** How the sender proved who it is: `iothub-connection-auth-method`. Only messages that a device sent have it. */
  readonly authentication?: { readonly scope: 'device' | 'module' | 'hub'; readonly type: 'sas' | 'x509' };
}
