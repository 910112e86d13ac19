import { once } from 'node:events';
import { NoRetry } from 'azure-iot-common';
import { Client, Message, ModuleClient } from 'azure-iot-device';
import { Amqp } from 'azure-iot-device-amqp';
import { Http } from 'azure-iot-device-http';
import { Mqtt } from 'azure-iot-device-mqtt';
import { EventHubConsumerClient } from '@azure/event-hubs';
import { Amqp as ServiceAmqp, Client as ServiceClient, Registry } from 'azure-iothub';
import { closeConnection, connectPlain } from '../../support/amqp';
import { sasOf } from '../../support/own-emulator';
import { createHub, type TestHub } from '../../support/hub';

const open: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});
const refused = { name: 'UnauthorizedError' };

/** A client that says at once when it loses its connection. */
function device(connectionString: string, transport: typeof Mqtt | typeof Amqp | typeof Http): Client {
  const client = Client.fromConnectionString(connectionString, transport);
  client.setRetryPolicy(new NoRetry());
  open.push(client);
  return client;
}

describe('a Basic hub', () => {
  let basic: TestHub;
  beforeAll(async () => {
    basic = await createHub('B1');
  });

  it('takes telemetry by MQTT, and cuts off who asks for twin, methods or messages', async () => {
    const connectionString = await basic.device('mqtt');
    const client = device(connectionString, Mqtt);
    await client.open();
    await client.sendEvent(new Message('x'));

    await expect(client.getTwin()).rejects.toBeDefined();
    for (const ask of [
      (each: Client) => each.onDeviceMethod('m', () => undefined),
      (each: Client) => each.on('message', () => undefined),
    ]) {
      const other = device(connectionString, Mqtt);
      const ended = new Promise((resolve) => void ['disconnect', 'error'].map((event) => other.once(event, resolve)));
      await other.open();
      ask(other);
      await ended;
    }
  });

  it('opens to devices over AMQP the link for telemetry, and no other', async () => {
    const key = /SharedAccessKey=(.*)$/.exec(await basic.device('amqp'))?.[1] ?? '';
    const { hostName, name } = basic;
    const connection = connectPlain(hostName, `amqp@sas.${name}`, sasOf(`${hostName}/devices/amqp`, key));
    open.push({ close: () => closeConnection(connection) });
    const own = '/devices/amqp';

    await once(connection.open_sender(`${own}/messages/events`), 'sendable');
    const closed = [
      connection.open_sender(`${own}/twin`),
      ...['twin', 'methods/devicebound', 'messages/devicebound'].map((path) =>
        connection.open_receiver(`${own}/${path}`),
      ),
    ];
    await Promise.all(closed.map((link) => once(link, link.is_sender() ? 'sender_error' : 'receiver_error')));

    const notAllowed = expect.objectContaining({ condition: 'amqp:not-allowed' }) as unknown;
    expect(closed.map(({ error }) => error)).toEqual(closed.map(() => notAllowed));
  });
});

/** The connection string of a device and of a module of it. */
async function deviceAndModule(hub: TestHub): Promise<readonly [device: string, module: string]> {
  const registry = Registry.fromConnectionString(hub.connectionString);
  const own = await hub.device('d');
  await registry.addModule({ deviceId: 'd', moduleId: 'm' });
  const { responseBody } = (await registry.getModule('d', 'm')) as {
    responseBody: { authentication: { symmetricKey: { primaryKey: string } } };
  };
  const key = responseBody.authentication.symmetricKey.primaryKey;
  return [own, `HostName=${hub.hostName};DeviceId=d;ModuleId=m;SharedAccessKey=${key}`];
}

const connects = async (client: Client | ModuleClient): Promise<void> => {
  await client.open();
  await client.close();
};

it('closes a hub to the keys of devices, not to those of modules, and the other way round', async () => {
  const [noDevices, noModules] = await Promise.all([
    createHub('S1', { disableDeviceSAS: true }),
    createHub('S1', { disableModuleSAS: true }),
  ]);
  const [closedDevice, openModule] = await deviceAndModule(noDevices);
  const [openDevice, closedModule] = await deviceAndModule(noModules);

  for (const transport of [Mqtt, Amqp] as const) {
    await expect(Client.fromConnectionString(closedDevice, transport).open()).rejects.toMatchObject(refused);
    await expect(ModuleClient.fromConnectionString(closedModule, transport).open()).rejects.toMatchObject(refused);
    await connects(ModuleClient.fromConnectionString(openModule, transport));
    await connects(Client.fromConnectionString(openDevice, transport));
  }
  const overHttps = device(closedDevice, Http);
  await expect(overHttps.sendEvent(new Message('x'))).rejects.toMatchObject(refused);
});

it('closes a hub to its policies over AMQP too, and its endpoint for events', async () => {
  const closed = await createHub('S1', { disableLocalAuth: true });
  const { connectionString, name } = closed;
  const key = /SharedAccessKey=(.*)$/.exec(connectionString)?.[1] ?? '';
  const endpoint = `Endpoint=sb://${name}.servicebus.azure.test/;SharedAccessKeyName=iothubowner;SharedAccessKey=${key};EntityPath=${name}`;
  const reader = new EventHubConsumerClient('$Default', endpoint, { retryOptions: { maxRetries: 0 } });
  open.push(reader);

  await expect(ServiceClient.fromConnectionString(connectionString, ServiceAmqp).open()).rejects.toThrow(
    'Could not connect',
  );
  await expect(reader.getPartitionIds()).rejects.toMatchObject({ code: 'UnauthorizedError' });
});
