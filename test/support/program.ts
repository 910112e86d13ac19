import { fork, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type * as armHub from '@azure/arm-iothub';
import type * as eventHubs from '@azure/event-hubs';
import type * as identity from '@azure/identity';
import type * as dataTables from '@azure/data-tables';
import type * as storageBlob from '@azure/storage-blob';
import type * as common from 'azure-iot-common';
import type * as device from 'azure-iot-device';
import type * as amqp from 'azure-iot-device-amqp';
import type * as mqtt from 'azure-iot-device-mqtt';
import type * as provisioningDevice from 'azure-iot-provisioning-device';
import type * as provisioningHttp from 'azure-iot-provisioning-device-http';
import type * as provisioningMqtt from 'azure-iot-provisioning-device-mqtt';
import type * as provisioning from 'azure-iot-provisioning-service';
import type * as symmetricKey from 'azure-iot-security-symmetric-key';
import type * as service from 'azure-iothub';
import type * as fs from 'node:fs';
import type * as agent from '../../device/agent';
import type * as light from '../../device/light/light-hub';
import type { OwnEmulator } from './own-emulator';

/** The official clients, as a {@link Program} is given them; each is loaded when it is first asked for. */
export interface Clients {
  readonly common: typeof common;
  readonly service: typeof service;
  readonly provisioning: typeof provisioning;
  readonly device: typeof device;
  readonly mqtt: typeof mqtt;
  readonly amqp: typeof amqp;
  readonly provisioningDevice: typeof provisioningDevice;
  readonly provisioningHttp: typeof provisioningHttp;
  readonly provisioningMqtt: typeof provisioningMqtt;
  readonly symmetricKey: typeof symmetricKey;
  readonly eventHubs: typeof eventHubs;
  readonly armHub: typeof armHub;
  readonly identity: typeof identity;
  readonly storageBlob: typeof storageBlob;
  readonly dataTables: typeof dataTables;
  readonly fs: typeof fs;
  /** The device agent, as it was built. */
  readonly agent: typeof agent;
  /** Its connection for many in one process, as it was built. */
  readonly light: typeof light;
}

/**
 * A function that runs in another process: it sees nothing but its arguments and Node's globals. Clients that dial
 * an emulator of a test's own need one, for where names lead is settled when a process starts.
 */
export type Program<A, R> = (clients: Clients, input: A) => Promise<R>;

type Answer = { readonly result: unknown } | { readonly problem: string };

const RUNNER = `
  const clients = {
    get common() { return require('azure-iot-common'); },
    get service() { return require('azure-iothub'); },
    get provisioning() { return require('azure-iot-provisioning-service'); },
    get device() { return require('azure-iot-device'); },
    get mqtt() { return require('azure-iot-device-mqtt'); },
    get amqp() { return require('azure-iot-device-amqp'); },
    get provisioningDevice() { return require('azure-iot-provisioning-device'); },
    get provisioningHttp() { return require('azure-iot-provisioning-device-http'); },
    get provisioningMqtt() { return require('azure-iot-provisioning-device-mqtt'); },
    get symmetricKey() { return require('azure-iot-security-symmetric-key'); },
    get eventHubs() { return require('@azure/event-hubs'); },
    get armHub() { return require('@azure/arm-iothub'); },
    get identity() { return require('@azure/identity'); },
    get storageBlob() { return require('@azure/storage-blob'); },
    get dataTables() { return require('@azure/data-tables'); },
    get fs() { return require('node:fs'); },
    get agent() { return require(process.env.GROUNDSWELL_DEVICE + '/agent/index.js'); },
    get light() { return require(process.env.GROUNDSWELL_DEVICE + '/light/light-hub.js'); },
  };
  process.on('message', ({ program, input }) =>
    eval(program)(clients, input).then(
      (result) => process.send({ result }),
      (error) => process.send({ problem: String(error?.stack ?? error) }),
    ));
`;

/** Runs programs against an emulator, one after the other, in one process. */
export class Programs {
  private constructor(private readonly child: ChildProcess) {}

  static async on(emulator: OwnEmulator): Promise<Programs> {
    const variables = JSON.parse(await emulator.command('env', '--json')) as Record<string, string>;
    return Programs.in(emulator.stateDir, { ...process.env, ...variables });
  }

  /** @param env leads to the emulator */
  static in(folder: string, env: NodeJS.ProcessEnv): Programs {
    const runner = join(folder, `runner-${randomUUID()}.cjs`); // another process may be reading its own just now
    writeFileSync(runner, RUNNER);
    const NODE_PATH = join(process.cwd(), 'node_modules');
    const GROUNDSWELL_DEVICE = join(process.cwd(), 'dist/device');
    return new Programs(fork(runner, { env: { ...env, NODE_PATH, GROUNDSWELL_DEVICE }, execArgv: [] }));
  }

  /** @returns what the program does, as JSON has it. Rejects with the program's own failure */
  async run<A, R>(program: Program<A, R>, input: A): Promise<R> {
    const over = new AbortController();
    const { signal } = over;
    const ended = once(this.child, 'exit', { signal }).then(() => [
      { problem: 'the process of the program has ended' },
    ]);
    const answered = once(this.child, 'message', { signal });
    this.child.send({ program: `(${program.toString()})`, input });
    const [answer] = (await Promise.race([answered, ended]).finally(() => over.abort())) as [Answer];
    if ('problem' in answer) throw new Error(answer.problem);
    return answer.result as R;
  }

  close(): void {
    this.child.kill();
  }
}
