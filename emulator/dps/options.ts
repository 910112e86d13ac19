/** Named settings that are the emulator's, not Azure's (docs/emulator/provisioning.md, "Settings"). */
export interface DpsOptions {
  /** How long a registration stays `assigning`, ms. */
  readonly assignMs: number;
  /** What devices are told to wait between polls: whole seconds. */
  readonly retryAfterSeconds: number;
  /** How long an answer over MQTT comes after the PUBACK of its request, ms. */
  readonly mqttAnswerMs: number;
  /** How long a custom allocation webhook may take, ms. */
  readonly webhookTimeoutMs: number;
  /** Whether the service's request limits count. */
  readonly throttle: boolean;
}

/** Azure says 3 seconds (iot-dps/iot-dps-https-sym-key-support.md); an Azure Function may take 5. */
export const DPS_DEFAULTS: DpsOptions = {
  assignMs: 50,
  retryAfterSeconds: 3,
  mqttAnswerMs: 20,
  webhookTimeoutMs: 5000,
  throttle: false,
};
