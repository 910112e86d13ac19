import { eventually } from './eventually';
import type { OwnEmulator } from './own-emulator';

/** What node may keep of a burst that is over: compiled code, buffers, heap that is not yet collected. */
export const GROWTH_BYTES = 60 * 1024 * 1024;

/** Runs a burst again and again: files and memory must not grow with it. */
export async function expectNoLeak(emulator: OwnEmulator, burst: () => Promise<void>): Promise<void> {
  const before = emulator.openFiles();
  await burst(); // code is compiled and buffers are made
  const warm = emulator.residentBytes();
  await burst();
  await burst();
  await eventually(() => expect(emulator.openFiles()).toBeLessThanOrEqual(before + 2));
  expect(emulator.residentBytes() - warm).toBeLessThan(GROWTH_BYTES);
}
