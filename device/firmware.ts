import type { DesiredHandler, MethodHandler, Properties } from './agent/index';
import type { Readings } from './readings';

/** What a device runs before anybody has installed something. */
export const FACTORY_VERSION = '1.0.0';
/** What a device with bad firmware reads, whatever the weather. */
export const BAD_CELSIUS = 200;

const isVersion = (value: unknown): value is string =>
  typeof value === 'string' && value.length >= 1 && value.length <= 128;

/** A share of a fleet that reads nonsense while it runs this version; its methods answer as ever. */
export interface BadFirmware {
  readonly version: string;
  /** 0 to 1 of all devices, rounded to whole devices. */
  readonly share: number;
}

/**
 * @param text `VERSION:SHARE`
 * @throws Error saying what is allowed
 * @example badFirmwareOf('2.0.0:5%') // => { version: '2.0.0', share: 0.05 }
 */
export function badFirmwareOf(text: string): BadFirmware {
  const [, version, percent] = /^([^:]{1,128}):(\d+(?:\.\d+)?)%$/.exec(text) ?? [];
  const share = Number(percent) / 100;
  if (version === undefined || !(share <= 1)) {
    throw new Error('It must be a version and a share of the devices from 0% to 100%, such as 2.0.0:5%.');
  }
  return { version, share };
}

/**
 * The firmware of one device: installed by the method `installFirmware { version }` or by the desired property `firmware`,
 * told in the reported property `firmware`, from where a device that starts again knows it.
 */
export class Firmware {
  #version = FACTORY_VERSION;

  /** @param badVersion with which the device reads nonsense; none when missing */
  constructor(private readonly badVersion?: string) {}

  get version(): string {
    return this.#version;
  }

  restore({ firmware }: Properties): void {
    if (isVersion(firmware)) this.#version = firmware;
  }

  readonly install: MethodHandler = async (payload, device) => {
    const version: unknown =
      typeof payload === 'object' && payload !== null && 'version' in payload ? payload.version : undefined;
    if (!isVersion(version))
      return { status: 400, payload: { error: 'version must be a text of 1 to 128 characters' } };
    this.#version = version;
    await device.report({ firmware: version });
    return { status: 200, payload: { version } };
  };

  /** Without the property the device goes back to what it came with. */
  readonly desire: DesiredHandler = (value) => {
    if (isVersion(value)) this.#version = value;
    else if (value === null) this.#version = FACTORY_VERSION;
    return value;
  };

  /** What the device takes for the weather. */
  read(readings: Readings): Readings {
    return this.#version === this.badVersion ? { ...readings, Celsius: BAD_CELSIUS } : readings;
  }
}
