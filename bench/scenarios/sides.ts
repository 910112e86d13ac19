import type { Exchange } from '../load/exchange';
import { jsonRequest, LoadHttp } from '../load/http-client';
import { publishPacket, tokenFor, type LoadClient } from '../load/mqtt-client';
import { acknowledged, answering, requested } from '../load/mqtt-exchange';
import { connectAll, connectDevice, connectTo, idsOf, register, type Context } from './context';

/** The exchanges that are compared. What is sent and answered has the same size on both sides. */
export interface Side {
  readonly name: 'emulator' | 'mosquitto';
  readonly pid: number;
  telemetry(inFlight: number): Exchange;
  /** Emulator: GET of the own twin. mosquitto: a message to a topic that the sender has subscribed to. */
  twinReads(inFlight: number): Exchange;
  /** A caller asks, a device answers. Emulator: a direct method over HTTPS. mosquitto: request and reply topics. */
  methods(): Promise<Exchange>;
  close(): void;
}

export const DEVICES = 50;
export const CALLERS = 20;
export const TELEMETRY = JSON.stringify({ temperature: 21.5, humidity: 40 });
const TWIN = JSON.stringify({ desired: { $version: 1 }, reported: { $version: 1 } });
const PAYLOAD = { delay: 1 };
export const ANSWER = JSON.stringify({ ok: true });

export async function emulatorSide(context: Context): Promise<Side> {
  const ids = idsOf('m', DEVICES);
  await register(context, ids);
  const devices = await connectAll(ids, (id) => connectDevice(context, id));
  for (const device of devices) await device.subscribe('$iothub/twin/res/#');
  for (const device of devices) await device.subscribe('$iothub/methods/POST/#');
  const { emulator, hostName, secureContext } = context;
  const callers: LoadHttp[] = []; // connected when they are needed: a server ends HTTPS connections that ask for nothing
  const connectCallers = (): Promise<LoadHttp[]> =>
    connectAll(idsOf('', CALLERS), () => LoadHttp.connect(emulator.httpsPort, hostName, secureContext));
  return {
    name: 'emulator',
    pid: emulator.pid,
    telemetry: (inFlight) =>
      acknowledged(devices, inFlight, ({ clientId }) => `devices/${clientId}/messages/events/`, TELEMETRY),
    twinReads: (inFlight) => requested(devices, inFlight, (_, digits) => `$iothub/twin/GET/?$rid=${digits}`, ''),
    methods: async () => {
      callers.push(...(await connectCallers()));
      return methodCalls(context, devices, callers);
    },
    close: () => [...devices, ...callers].forEach((each) => each.close()),
  };
}

/** Caller n calls device n. @throws Error for an answer that is not 200 */
function methodCalls(
  { hostName, policyKey }: Context,
  devices: readonly LoadClient[],
  callers: readonly LoadHttp[],
): Exchange {
  const token = tokenFor(hostName, policyKey, 'iothubowner');
  const body = { methodName: 'reboot', payload: PAYLOAD };
  const requests = callers.map((_, n) =>
    jsonRequest('POST', hostName, `/twins/m${n}/methods?api-version=2021-04-12`, token, body),
  );
  let answered: (slot: number) => void;
  return {
    slots: callers.length,
    send(slot) {
      callers[slot]?.send(requests[slot] ?? Buffer.alloc(0), (status) => {
        if (status !== 200) throw new Error(`a method call was answered with ${status}`);
        answered(slot);
      });
    },
    listen(callback) {
      answered = callback;
      answering(devices, (topic) => publishPacket(methodAnswerTopic(topic), ANSWER));
    },
  };
}

/** Where a device answers a method that came on this topic. */
export const methodAnswerTopic = (topic: string): string =>
  `$iothub/methods/res/200/?$rid=${topic.slice(topic.indexOf('$rid=') + 5)}`;

/** Topics are as long as the emulator's, with an own first level for each client. */
export async function mosquittoSide(context: Context, { pid, port }: { pid: number; port: number }): Promise<Side> {
  const devices = await connectAll(idsOf('m', DEVICES), (id) => connectTo(context, port, id));
  const callers = await connectAll(idsOf('caller', CALLERS), (id) => connectTo(context, port, id));
  for (const client of [...devices, ...callers]) await client.subscribe(`to-${client.clientId}/#`);
  return {
    name: 'mosquitto',
    pid,
    telemetry: (inFlight) =>
      acknowledged(devices, inFlight, ({ clientId }) => `devices/${clientId}/messages/events/`, TELEMETRY),
    twinReads: (inFlight) =>
      requested(devices, inFlight, ({ clientId }, digits) => `to-${clientId}/twin/res/200/?$rid=${digits}`, TWIN),
    methods: () => Promise.resolve(requestsAndReplies(devices, callers)),
    close: () => [...devices, ...callers].forEach((each) => each.close()),
  };
}

/** Caller n asks device n on a topic that names it; the device answers on a topic of the caller's. */
function requestsAndReplies(devices: readonly LoadClient[], callers: readonly LoadClient[]): Exchange {
  const deviceOf = new Map(callers.map(({ clientId }, n) => [clientId, devices[n]?.clientId ?? '']));
  const calls = requested(
    callers,
    1,
    ({ clientId }, digits) => `to-${deviceOf.get(clientId) ?? ''}/methods/POST/reboot/?$rid=${clientId}/${digits}`,
    JSON.stringify(PAYLOAD),
  );
  return {
    ...calls,
    listen(answered) {
      calls.listen(answered);
      answering(devices, (topic) => {
        const [caller = '', digits = ''] = topic.slice(topic.indexOf('$rid=') + 5).split('/');
        return publishPacket(`to-${caller}/methods/res/200/?$rid=${digits}`, ANSWER);
      });
    },
  };
}
