import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Place } from './place';

/** Devices in a process of their own, connected to the first hub of a place, that answer each method after a while. */
export interface Doors {
  close(): Promise<void>;
}

/** What the process of the devices is sent. */
export interface DoorsOrder {
  readonly place: Place;
  readonly deviceIds: readonly string[];
  readonly answerMs: number;
}

/** @throws Error when they cannot connect */
export async function openDoors(order: DoorsOrder): Promise<Doors> {
  const child = fork(join(__dirname, '..', 'run-doors.js'));
  child.send(order);
  await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(() => {
      throw new Error('the devices could not connect');
    }),
  ]);
  return {
    async close() {
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}
