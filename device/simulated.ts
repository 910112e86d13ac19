import { Agent, type Effects, type Fixed, type MethodHandler, type OpenHub, type Provisioned } from './agent/index';
import { REPROVISION } from './agent/reprovision';
import { openSdkHub } from './agent/sdk-hub';
import type { Behaviour } from './behaviour';
import { counted } from './calls';
import { Firmware } from './firmware';
import { openLightHub } from './light/light-hub';
import { delayed, jammed, lockDoor } from './methods';
import { mirror } from './mirror';
import { readingsOf } from './readings';

/** What all devices of a fleet have in common. */
export interface SimulationOptions {
  /** How long a device thinks before it answers a direct method, at least. */
  readonly delayMs: number;
  /** On MQTT.js in place of the SDK. */
  readonly light?: boolean | undefined;
  /** How often a device sends a message of telemetry; never when missing. */
  readonly telemetryMs?: number | undefined;
}

/** A reference device with its faults: a door. */
export class SimulatedDevice {
  private readonly agent: Agent;
  private readonly firmware: Firmware;
  private readonly readings: ReturnType<typeof readingsOf>;
  private timer: NodeJS.Timeout | undefined;
  private sent = 0;

  constructor(
    deviceId: string,
    identity: Provisioned | Fixed,
    private readonly behaviour: Behaviour,
    private readonly options: SimulationOptions,
    onProblem: (problem: string) => void,
  ) {
    this.firmware = new Firmware(behaviour.badVersion);
    this.readings = readingsOf(deviceId);
    const { methods, onReported } = counted({ lockDoor: this.lockDoor(), installFirmware: this.firmware.install });
    this.agent = new Agent(
      {
        ...identity,
        ...{ methods: { ...methods, ...this.reprovision() }, desired: { firmware: this.firmware.desire, '*': mirror } },
        onReported: (reported, device) => {
          onReported?.(reported, device);
          this.firmware.restore(reported);
        },
        onProblem,
      },
      this.effects(),
    );
  }

  /** Resolves once it is connected. */
  async start(): Promise<void> {
    const { telemetryMs } = this.options;
    if (telemetryMs !== undefined) this.timer = setInterval(() => this.tell(), telemetryMs);
    await this.agent.start();
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.agent.stop();
  }

  /** Numbered without gaps, so that whoever reads them sees what is missing. */
  private tell(): void {
    this.sent += 1;
    const now = Date.now();
    const told = { number: this.sent, at: new Date(now).toISOString(), version: this.firmware.version };
    this.agent.send({ body: { ...told, ...this.firmware.read(this.readings(now)) } });
  }

  private lockDoor(): MethodHandler {
    const handler = this.behaviour.fails ? jammed : lockDoor;
    const delayMs = Math.max(this.options.delayMs, this.behaviour.delayMs);
    return delayMs > 0 ? delayed(handler, delayMs) : handler;
  }

  /** Takes the place of the agent's own method where the device is not to obey it. */
  private reprovision(): Record<string, MethodHandler> {
    const accepted = { status: 200, payload: { accepted: true } };
    if (this.behaviour.reprovision === 'obeys') return {};
    if (this.behaviour.reprovision === 'acksOnly') return { [REPROVISION]: () => accepted };
    return { [REPROVISION]: () => ({ ...accepted, answered: () => void this.stop() }) };
  }

  private effects(): Partial<Effects> {
    const openHub = this.options.light === true ? openLightHub : openSdkHub;
    const { flapsEveryMs } = this.behaviour;
    return { openHub: flapsEveryMs > 0 ? flapping(openHub, flapsEveryMs) : openHub };
  }
}

/** A connection that is lost so long after it was made. */
const flapping =
  (openHub: OpenHub, afterMs: number): OpenHub =>
  async (home, credentials, events) => {
    const session = await openHub(home, credentials, events);
    const timer = setTimeout(() => {
      void session.close();
      events.lost(new Error('the connection flaps'));
    }, afterMs);
    return {
      report: (patch) => session.report(patch),
      send: (message) => session.send(message),
      close() {
        clearTimeout(timer);
        return session.close();
      },
    };
  };
