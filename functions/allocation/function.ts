import type { HttpFunction } from '../http';
import { type Allocate, type AllocationSettings, createAllocation } from './allocate';

/** A record of an enrollment and a device's payload; DPS messages are 96 KB at most (iot-dps/about-iot-dps.md, quotas). */
const LARGEST_REQUEST = 256 * 1024;

/** The allocation webhook. A provisioning service shows a key and nothing else. */
export const allocationFunction = (settings: Omit<AllocationSettings, 'log'>): HttpFunction => ({
  name: 'allocate',
  method: 'POST',
  access: 'key',
  largestBody: LARGEST_REQUEST,
  async run(request, log) {
    const allocate: Allocate = createAllocation({
      ...settings,
      log: (entry) => log(entry.answer.status === 200 ? 'info' : 'warn', entry),
    });
    const answer = await allocate(await request.json().catch(() => undefined));
    return answer.status === 200
      ? { status: 200, body: answer.body }
      : { status: answer.status, body: { error: answer.reason } };
  },
});
