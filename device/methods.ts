import { setTimeout as sleep } from 'node:timers/promises';

import type { MethodHandler } from './agent/index';

/**
 * Answers as the device of Microsoft's jobs tutorial does. The tutorial's Python device gives this payload; its Node
 * device gives the status alone.
 * Source: Azure IoT Hub documentation, "Schedule and broadcast jobs", create a device app with a direct method.
 */
export const lockDoor: MethodHandler = () => ({ status: 200, payload: { Response: 'lockDoor called successfully' } });

/** Stands in for a device whose actuator is broken. */
export const jammed: MethodHandler = () => ({ status: 500, payload: { Response: 'the lock is jammed' } });

/** Makes a method slow. */
export const delayed =
  (handler: MethodHandler, delayMs: number): MethodHandler =>
  async (payload, device) => {
    await sleep(delayMs);
    return handler(payload, device);
  };
