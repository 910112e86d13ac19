import type { DoorsOrder } from './engine/doors';
import { publishPacket, TYPE, type LoadClient } from './load/mqtt-client';
import { connectAll, connectDevice, contextOf } from './scenarios/context';
import { ANSWER, methodAnswerTopic } from './scenarios/sides';

/** The topic of a PUBLISH (MQTT 3.1.1, section 3.3.2). */
const topicOf = (body: Buffer): string => body.toString('utf8', 2, 2 + body.readUInt16BE(0));

function answerAfter(device: LoadClient, answerMs: number): void {
  device.onPacket = (type, body) => {
    if (type !== TYPE.publish) return;
    const answer = publishPacket(methodAnswerTopic(topicOf(body)), ANSWER);
    setTimeout(() => device.send(answer), answerMs);
  };
}

// The process of the devices: connects them, says so, and answers until it is ended.
process.once('message', (message) => {
  const { place, deviceIds, answerMs } = message as DoorsOrder;
  const [hub] = place.hubs;
  const context = contextOf({
    ...place,
    hubConnectionString: hub?.connectionString ?? '',
    mosquitto: undefined,
    bareTls: { pid: 0, port: 0 },
  });
  void connectAll(deviceIds, async (deviceId) => {
    const device = await connectDevice(context, deviceId);
    await device.subscribe('$iothub/methods/POST/#');
    answerAfter(device, answerMs);
  }).then(() => process.send?.('ready'));
});
