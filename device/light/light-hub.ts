import { connectAsync, type MqttClient } from 'mqtt';
import { type HubEvents, type HubSession, type OpenHub, opened, Pending } from '../agent/hub';
import { tokenFor } from '../agent/credentials';
import { StatusError } from '../agent/failure';
import type { Credentials, Home, Properties, Telemetry } from '../agent/types';
import { methodOf, responseOf, telemetryTopic, TOPICS } from './topics';

/**
 * Connects with MQTT.js alone, as the IoT Hub protocol has it: for many simulated devices in one process.
 *
 * @see Azure, iot/iot-mqtt-connect-to-iot-hub.md
 */
export const openLightHub: OpenHub = async (home, credentials, events) => {
  return opened(new LightSession(await dial(home, credentials), home, events));
};

const API_VERSION = '2021-04-12';

/** One attempt: `retry.ts` says what follows a failure. */
const dial = ({ hub, deviceId }: Home, credentials: Credentials): Promise<MqttClient> =>
  connectAsync(
    `mqtts://${hub}:8883`,
    {
      ...{ clientId: deviceId, username: `${hub}/${deviceId}/?api-version=${API_VERSION}` },
      ...{ protocolVersion: 4, clean: true, reconnectPeriod: 0, resubscribe: false, keepalive: 230 },
      ...(credentials.kind === 'x509'
        ? { cert: credentials.cert, key: credentials.key, passphrase: credentials.passphrase }
        : { password: tokenFor(`${hub}/devices/${deviceId}`, null, credentials.key) }),
    },
    false,
  );

interface Twin {
  readonly desired: Properties;
  readonly reported: Properties;
}

class LightSession implements HubSession {
  private readonly pending = new Pending();
  private readonly answers = new Map<number, (status: number, body: string) => void>();
  private requests = 0;
  private isOpen = true;
  /** Changes that come before the whole section does. */
  private early: Properties[] | undefined = [];

  constructor(
    private readonly client: MqttClient,
    private readonly home: Home,
    private readonly events: HubEvents,
  ) {
    let last: Error | undefined;
    client.on('error', (error) => (last = error));
    client.on('close', () => this.end(last ?? new Error('the connection was closed')));
    client.on('message', (topic, payload) => this.take(topic, payload.toString()));
  }

  /** Methods come last: nothing is called before what was reported is known. */
  async open(): Promise<void> {
    await this.pending.during(this.client.subscribeAsync([TOPICS.responses, TOPICS.desired]));
    const { desired, reported } = JSON.parse(await this.request(TOPICS.twin, '')) as Twin;
    this.events.reported(reported);
    this.events.desired(desired);
    for (const change of this.early ?? []) this.events.desired(change);
    this.early = undefined;
    await this.pending.during(this.client.subscribeAsync(TOPICS.methods));
  }

  async report(patch: Properties): Promise<void> {
    await this.request(TOPICS.reported, JSON.stringify(patch));
  }

  async send({ body, properties = {} }: Telemetry): Promise<void> {
    const topic = telemetryTopic(this.home.deviceId, properties);
    await this.pending.during(this.client.publishAsync(topic, JSON.stringify(body), { qos: 1 }));
  }

  async close(): Promise<void> {
    this.isOpen = false;
    this.pending.end();
    await this.client.endAsync(true).catch(() => undefined); // what is not connected need not be closed
  }

  private end(error: Error): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.pending.end();
    this.events.lost(error);
  }

  /** Asks the hub about the twin. @returns the answer's body @throws StatusError */
  private request(topic: string, body: string): Promise<string> {
    const id = (this.requests += 1);
    const answered = new Promise<string>((resolve, reject) => {
      this.answers.set(id, (status, text) => {
        if (status < 300) resolve(text);
        else reject(new StatusError(`the hub answered ${status}`, { statusCode: status, headers: {} }));
      });
    });
    const published = this.client.publishAsync(`${topic}?$rid=${id}`, body);
    return this.pending
      .during(Promise.all([answered, published]).then(([text]) => text))
      .finally(() => this.answers.delete(id));
  }

  private take(topic: string, payload: string): void {
    const response = responseOf(topic);
    if (response !== undefined) return this.answers.get(response.id)?.(response.status, payload);
    const method = methodOf(topic);
    if (method !== undefined) return void this.answer(method, payload);
    const change = JSON.parse(payload) as Properties;
    if (this.early === undefined) this.events.desired(change);
    else this.early.push(change);
  }

  /** A method that the device does not have stays unanswered, as the SDK leaves it. */
  private async answer({ name, id }: { readonly name: string; readonly id: string }, payload: string): Promise<void> {
    if (!this.events.methods.includes(name)) return;
    const { status, payload: result, answered } = await this.events.method(name, JSON.parse(payload));
    await this.client
      .publishAsync(`$iothub/methods/res/${status}/?$rid=${id}`, JSON.stringify(result ?? null))
      .catch((error: unknown) => this.events.problem(error));
    answered?.();
  }
}
