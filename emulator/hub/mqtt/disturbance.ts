import { ForbiddenPacket, type Wire } from '../../wire/mqtt-service';
import type { Hub } from '../hub';

/** What of a session a fault may strike: telemetry, messages to the device, twin operations, methods and their answers. */
export const MQTT_OPERATIONS = ['mqtt.publish', 'mqtt.deliver', 'mqtt.twin', 'mqtt.method'] as const;
type MqttOperation = (typeof MQTT_OPERATIONS)[number];

/** Stands between a session and its device, and does what tests have asked to go wrong. */
export class Disturbance {
  /** Nothing is heard any more, and nothing said; the connection stays until a time limit ends it. */
  isMute = false;

  constructor(
    private readonly hub: Hub,
    private readonly deviceId: string,
    private readonly wire: Wire,
  ) {}

  /**
   * Does `work`, at once, later or not at all.
   *
   * @param refuse tells the device a status; without it the connection is closed, as the protocol has no answer
   */
  pass(operation: MqttOperation, work: () => void, refuse?: (status: number) => void): void {
    const { hub, deviceId } = this;
    const fault = hub.faults.at(operation, { hub: hub.name, deviceId });
    if (fault === undefined) {
      work();
      return;
    }
    hub.counters.add(`fault ${fault.kind} ${operation}`);
    if (fault.kind === 'delay') this.later(fault.ms, work);
    else if (fault.kind === 'halfClose') this.isMute = true;
    else if (fault.kind === 'drop' || (fault.kind === 'status' && refuse === undefined)) this.wire.close();
    else if (fault.kind === 'status') refuse?.(fault.status);
    else work(); // the others strike elsewhere
  }

  /** Does `work` in `ms` of the services' time. */
  later(ms: number, work: () => void): void {
    const { clock } = this.hub;
    clock.at(clock.now() + ms, () => {
      try {
        if (!this.isMute && this.hub.devices.get(this.deviceId) !== undefined) work();
      } catch (error) {
        if (!(error instanceof ForbiddenPacket)) throw error;
        this.wire.close();
      }
    });
  }
}
