import { NoRetry } from 'azure-iot-common';
import { Client, type DeviceMethodRequest, type DeviceMethodResponse, Message, type Twin } from 'azure-iot-device';
import { Mqtt } from 'azure-iot-device-mqtt';
import { type HubEvents, type HubSession, type OpenHub, opened, Pending } from './hub';
import type { Credentials, Home, Properties, Telemetry } from './types';

/** Connects with the official device SDK, over MQTT. The SDK's own retries are off: `retry.ts` says what follows a failure. */
export const openSdkHub: OpenHub = async (home, credentials, events) => {
  return opened(new SdkSession(await clientOf(home, credentials), events));
};

async function clientOf({ hub, deviceId }: Home, credentials: Credentials): Promise<Client> {
  const how = credentials.kind === 'x509' ? 'x509=true' : `SharedAccessKey=${credentials.key}`;
  const client = Client.fromConnectionString(`HostName=${hub};DeviceId=${deviceId};${how}`, Mqtt);
  client.setRetryPolicy(new NoRetry());
  if (credentials.kind === 'x509') {
    const { cert, key, passphrase } = credentials;
    await client.setOptions({ cert, key, ...(passphrase !== undefined && { passphrase }) });
  }
  return client;
}

class SdkSession implements HubSession {
  private readonly pending = new Pending();
  private twin: Twin | undefined;
  private isOpen = true;

  constructor(
    private readonly client: Client,
    private readonly events: HubEvents,
  ) {}

  async open(): Promise<void> {
    const { client, events } = this;
    client.on('error', (error: Error) => events.problem(error));
    await client.open();
    const twin = await client.getTwin();
    this.twin = twin;
    events.reported(twin.properties.reported);
    twin.on('error', (error: Error) => events.problem(error));
    twin.on('properties.desired', (desired: Properties) => events.desired(desired));
    for (const name of events.methods) {
      client.onDeviceMethod(name, (request, response) => void this.answer(request, response));
    }
    client.on('disconnect', (result: { readonly transportObj?: unknown }) => this.end(result.transportObj));
    // The SDK subscribes without a promise to wait for, but packets keep their order: once this second read is answered
    // the subscriptions stand, and no change has fallen between the first read and them.
    await twin.get();
  }

  report(patch: Properties): Promise<void> {
    return this.pending.during(
      new Promise((resolve, reject) => {
        // The SDK passes null or nothing when it went well.
        this.section?.update(patch, (error) => (error == null ? resolve() : reject(error)));
      }),
    );
  }

  async send({ body, properties = {} }: Telemetry): Promise<void> {
    const message = new Message(JSON.stringify(body));
    message.contentType = 'application/json';
    message.contentEncoding = 'utf-8';
    for (const [name, value] of Object.entries(properties)) message.properties.add(name, value);
    await this.pending.during(this.client.sendEvent(message));
  }

  async close(): Promise<void> {
    this.isOpen = false;
    this.pending.end();
    await this.client.close().catch(() => undefined); // what is not connected need not be closed
    this.client.removeAllListeners();
    this.client.on('error', () => undefined); // a late one must not end the process
  }

  private async answer(request: DeviceMethodRequest, response: DeviceMethodResponse): Promise<void> {
    const { status, payload, answered } = await this.events.method(request.methodName, request.payload);
    await response.send(status, payload).catch((error: unknown) => this.events.problem(error));
    answered?.();
  }

  private end(error: unknown): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.pending.end();
    this.events.lost(error);
  }

  /** The SDK declares reported properties as a bag of anything; there is a function of its own among them. */
  private get section(): ReportedSection | undefined {
    return this.twin?.properties.reported as ReportedSection | undefined;
  }
}

type ReportedSection = Properties & {
  update(patch: Properties, done: (error?: Error | null) => void): void;
};
