/** What a device answers to a direct method. */
export interface MethodAnswer {
  /** 200 to 299 means that the device did what was asked. */
  readonly status: number;
  readonly payload: unknown;
  /** Called once the answer is on its way, or could not be sent. */
  readonly answered?: () => void;
}

/** The device, as its handlers see it. */
export interface Device {
  readonly registrationId: string;
  /**
   * Changes reported properties (a merge patch: null removes). Resolves once the hub has them, or once it could not be
   * told: then they are kept, merged with what comes later, and sent with the next connection.
   */
  report(patch: Properties): Promise<void>;
  /** Puts a message into the queue of telemetry; what does not fit drives out the oldest. */
  send(message: Telemetry): void;
}

/** A direct method as the device implements it. One that throws is answered with status 500 and the message. */
export type MethodHandler = (payload: unknown, device: Device) => Promise<MethodAnswer> | MethodAnswer;

/** A method that must not run twice for the same operation, not even after a loss of power. */
export interface OnceMethod {
  /** Field of its payload that says which operation it is: what a rollout's `operationIdField` names. */
  readonly operationIdField: string;
  readonly handle: MethodHandler;
}

/**
 * Applies one desired property.
 *
 * @param value as it is wanted; null when it was taken out
 * @returns what is to be reported under the same name; undefined for nothing
 * @throws anything, when it could not be applied: it is told to `onProblem`, and tried again with the next connection
 */
export type DesiredHandler = (value: unknown, name: string) => unknown;

export type Properties = Readonly<Record<string, unknown>>;

/** One device-to-cloud message. */
export interface Telemetry {
  /** Sent as JSON. */
  readonly body: unknown;
  /** Application properties, for routes and consumers. */
  readonly properties?: Readonly<Record<string, string>>;
}

/** What a device proves itself with, to provisioning service and hub alike. Secrets: never logged, never in the cache. */
export type Credentials =
  /** Base64. */
  | { readonly kind: 'symmetricKey'; readonly key: string }
  /** PEM. The certificate may be followed by those between it and the CA that the service knows. */
  | { readonly kind: 'x509'; readonly cert: string; readonly key: string; readonly passphrase?: string };

/** Key (base64) of a whole group, from which each device's own is derived: for simulators and production lines. */
export interface GroupKey {
  readonly kind: 'groupKey';
  readonly key: string;
}

/** Which provisioning service a device asks. */
export interface Scope {
  readonly idScope: string;
  /** Host name. */
  readonly endpoint: string;
}

/** Where a device lives. */
export interface Home {
  /** Host name of the hub. */
  readonly hub: string;
  /** Its id there. */
  readonly deviceId: string;
  /** What the group's webhook gave with the registration; missing where it gave nothing. */
  readonly payload?: unknown;
}
