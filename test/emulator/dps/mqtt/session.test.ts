import type { Packet } from 'mqtt-packet';
import { DpsSession } from '../../../../emulator/dps/mqtt/session';
import { deviceSas, individual, newStand } from '../stand';

it('answers a moment after the PUBACK, and no more once the device has gone', async () => {
  const { service, clock } = newStand();
  const body = individual('d1');
  service.individuals.put('d1', body, undefined, service.settings);
  const received: Packet[] = [];
  const credential = { sas: deviceSas('d1', body.attestation.symmetricKey.primaryKey), certificates: [] };
  const session = new DpsSession(
    service,
    { registrationId: 'd1', apiVersion: '2019-03-31', credential },
    { send: (packet) => received.push(packet), close: () => undefined },
  );
  const register = (messageId: number): void =>
    session.receive({
      cmd: 'publish',
      topic: `$dps/registrations/PUT/iotdps-register/?$rid=${messageId}`,
      payload: '',
      qos: 1,
      messageId,
      dup: false,
      retain: false,
    });
  session.receive({
    cmd: 'subscribe',
    messageId: 1,
    subscriptions: [{ topic: '$dps/registrations/res/#', qos: 1 }],
  });

  register(2);
  expect(received.slice(1)).toEqual([{ cmd: 'puback', messageId: 2 }]);
  await clock.advance(service.options.mqttAnswerMs);
  expect(received.slice(2)).toEqual([expect.objectContaining({ cmd: 'publish', qos: 1 })]);

  register(3);
  session.end();
  await clock.advance(service.options.mqttAnswerMs);
  expect(received.slice(3)).toEqual([{ cmd: 'puback', messageId: 3 }]);
});
