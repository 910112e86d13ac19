import { setTimeout as sleep } from 'node:timers/promises';
import { ExponentialBackOffWithJitter } from 'azure-iot-common';
import { Client, type DeviceMethodRequest, type DeviceMethodResponse, type Twin } from 'azure-iot-device';
import { Mqtt } from 'azure-iot-device-mqtt';
import { Calls } from './calls';
import { mirrored } from './desired';
import type { MethodAnswer, MethodHandler } from './methods';

export interface AgentOptions {
  /** Of the device: HostName, DeviceId, SharedAccessKey. Never logged. */
  readonly connectionString: string;
  /** Direct methods by name. Any other method stays unanswered, as the SDK leaves it: the hub's caller gets a time-out. */
  readonly methods: Readonly<Record<string, MethodHandler>>;
  /** Told of anything that the agent survives: a lost connection, a report that the hub refused. */
  readonly onProblem: (problem: string) => void;
}

/** Rest between attempts to connect again, once the SDK's own retries have given up. */
const RECONNECT_AFTER_MS = 5_000;

/** The SDK's own policy; without an end, its retries would keep a stopped process alive for minutes. */
class RetryUntilStopped extends ExponentialBackOffWithJitter {
  stopped = false;

  override shouldRetry(error: Error): boolean {
    return !this.stopped && super.shouldRetry(error);
  }
}

/**
 * The reference device agent, on the official device SDK over MQTT: answers direct methods, applies desired properties
 * and reports them back, and counts the calls of each method under `reported.calls`.
 */
export class Agent {
  private readonly calls = new Calls();
  private readonly retries = new RetryUntilStopped();
  private client: Client | undefined;
  private twin: Twin | undefined;
  /** Version of the desired section last applied: notifications may come again or late. */
  private applied = 0;

  constructor(private readonly options: AgentOptions) {}

  /**
   * Connects and subscribes. Once it has resolved, methods and desired changes reach the device.
   *
   * @throws the SDK's error when the hub refuses the device or stays unreachable for four minutes
   */
  async start(): Promise<void> {
    const client = Client.fromConnectionString(this.options.connectionString, Mqtt);
    client.setRetryPolicy(this.retries);
    client.on('error', (error: Error) => this.problem(error));
    this.client = client;
    await client.open();
    const twin = await client.getTwin();
    this.twin = twin;
    this.applied = 0;
    this.calls.restore(twin.properties.reported['calls']);
    twin.on('error', (error: Error) => this.problem(error));
    twin.on('properties.desired', (desired: Record<string, unknown>) => void this.apply(desired));
    for (const name of Object.keys(this.options.methods)) {
      client.onDeviceMethod(name, (request, response) => void this.answer(request, response));
    }
    // The SDK subscribes without a promise to wait for, but packets keep their order: once this second read is answered
    // the subscriptions stand, and no change has fallen between the first read and them.
    await twin.get();
    client.on('connect', () => void this.reconnected(client, twin));
    client.on('disconnect', () => void this.reconnect());
  }

  /** Disconnects; a call that is being answered may be cut off. */
  async stop(): Promise<void> {
    this.retries.stopped = true;
    await this.client?.close();
  }

  private async answer(request: DeviceMethodRequest, response: DeviceMethodResponse): Promise<void> {
    const { methodName } = request;
    await this.report({ calls: { [methodName]: this.calls.count(methodName) } });
    const { status, payload } = await this.handle(methodName, request.payload);
    await response.send(status, payload).catch((error: unknown) => this.problem(error));
  }

  private async handle(method: string, payload: unknown): Promise<MethodAnswer> {
    try {
      const handler = this.options.methods[method];
      if (handler === undefined) throw new Error(`the device has no method ${method}`);
      return await handler(payload);
    } catch (error) {
      return { status: 500, payload: { error: String(error) } };
    }
  }

  private async apply(desired: Record<string, unknown>): Promise<void> {
    const version = Number(desired['$version']);
    if (version <= this.applied) return;
    this.applied = version;
    const reported = mirrored(desired);
    if (Object.keys(reported).length > 0) await this.report(reported);
  }

  /** Reports, and goes on when the hub refuses: a door locks without its twin. */
  private async report(patch: Record<string, unknown>): Promise<void> {
    const reported = this.twin?.properties.reported as ReportedSection | undefined;
    await new Promise<void>((resolve) => {
      reported?.update(patch, (error) => {
        if (error != null) this.problem(error); // the SDK passes null or nothing
        resolve();
      });
    });
  }

  /** After the SDK has connected again: reads what changed meanwhile, since desired changes are never queued. */
  private async reconnected(client: Client, twin: Twin): Promise<void> {
    // A retry that was waiting when the agent was stopped connects once more.
    const next = this.retries.stopped ? client.close() : twin.get();
    await next.catch((error: unknown) => this.problem(error));
  }

  /** The SDK has given up: starts over with a new client, whose subscriptions are made anew. */
  private async reconnect(): Promise<void> {
    this.client?.removeAllListeners();
    await this.client?.close().catch((error: unknown) => this.problem(error));
    await sleep(RECONNECT_AFTER_MS, undefined, { ref: false });
    if (this.retries.stopped) return;
    await this.start().catch((error: unknown) => {
      this.problem(error);
      void this.reconnect();
    });
  }

  private problem(error: unknown): void {
    if (!this.retries.stopped) this.options.onProblem(error instanceof Error ? error.message : String(error));
  }
}

/** The SDK declares reported properties as a bag of anything; this is the function that it puts among them. */
interface ReportedSection {
  update(patch: Readonly<Record<string, unknown>>, done: (error?: Error | null) => void): void;
}
