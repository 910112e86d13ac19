import type { DeviceReader } from '../../telemetry/ports';
import type { HttpFunction } from '../http';
import { deviceStates } from './device-states';
import { negotiate } from './negotiate';
import { sendMessage } from './send-message';
import type { SignalR } from './signalr';

/** What a page, and who sends to pages, call. */
export const telemetryFunctions = (reader: DeviceReader, signalr: SignalR): readonly HttpFunction[] => [
  negotiate(signalr),
  deviceStates(reader),
  sendMessage(signalr),
];
