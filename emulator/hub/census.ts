import type { Device, DeviceState } from './hub-device';
import type { RegistryObserver } from './registry';

/** Counts devices as they come, go and change, so that nobody has to walk the fleet. Modules are not counted. */
export class Census implements RegistryObserver {
  connectedCount = 0;
  disabledCount = 0;

  created({ identity }: Device): void {
    this.disabledCount += disabledIn(identity);
  }

  deleted({ identity }: Device): void {
    this.disabledCount -= disabledIn(identity);
  }

  updated({ identity }: Device, old: DeviceState['identity']): void {
    this.disabledCount += disabledIn(identity) - disabledIn(old);
  }

  connected({ identity }: Device): void {
    if (identity.moduleId === undefined) this.connectedCount += 1;
  }

  disconnected({ identity }: Device): void {
    if (identity.moduleId === undefined) this.connectedCount -= 1;
  }

  /** Twins are not counted. */
  twinChanged(): void {}
}

const disabledIn = ({ status, moduleId }: DeviceState['identity']): number =>
  Number(status === 'disabled' && moduleId === undefined);
