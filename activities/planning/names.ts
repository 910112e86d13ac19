import type { DeviceId } from '../../domain/ids';
import type { NamedDevices } from '../../domain/plan';

/** Devices that are named where there are many. */
const NAMED = 20;

/** Counts devices and keeps the first few. */
export class Names {
  #count = 0;
  readonly #devices: DeviceId[] = [];

  add(deviceId: DeviceId): void {
    this.#count += 1;
    if (this.#devices.length < NAMED) this.#devices.push(deviceId);
  }

  get named(): NamedDevices {
    return { count: this.#count, devices: this.#devices };
  }
}
