import { createHash } from 'node:crypto';

/** What a device measures, by the names of the pipeline's default fields. */
export interface Readings {
  readonly Celsius: number;
  readonly hPa: number;
  readonly Humidity: number;
}

const HOUR_MS = 3_600_000;

/** 0 to 1, the same for the same device. */
const drawn = (deviceId: string, salt: string): number =>
  createHash('sha256').update(`${salt}:${deviceId}`).digest().readUInt32BE() / 2 ** 32;

const rounded = (value: number): number => Number(value.toFixed(1));

/**
 * Weather in a room: each device has a place of its own, from which it moves slowly, as a wave of some hours does. The same
 * device reads the same at the same time, whichever process asks.
 *
 * @returns a function of the time (ms since 1970); Celsius 15 to 29, hPa 985 to 1,035, Humidity 28 to 72
 */
export function readingsOf(deviceId: string): (atMs: number) => Readings {
  const around = (salt: string, middle: number, spread: number, swing: number) => {
    const own = middle + (drawn(deviceId, `${salt} place`) * 2 - 1) * spread;
    const periodMs = (3 + drawn(deviceId, `${salt} period`) * 5) * HOUR_MS;
    const phase = drawn(deviceId, `${salt} phase`);
    return (atMs: number): number => rounded(own + swing * Math.sin(2 * Math.PI * (atMs / periodMs + phase)));
  };
  const [celsius, hPa, humidity] = [
    around('Celsius', 22, 4, 3),
    around('hPa', 1_010, 15, 10),
    around('Humidity', 50, 12, 10),
  ];
  return (atMs) => ({ Celsius: celsius(atMs), hPa: hPa(atMs), Humidity: humidity(atMs) });
}
