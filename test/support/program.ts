import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type * as common from 'azure-iot-common';
import type * as device from 'azure-iot-device';
import type * as mqtt from 'azure-iot-device-mqtt';
import type * as provisioning from 'azure-iot-provisioning-service';
import type * as service from 'azure-iothub';
import type { OwnEmulator } from './own-emulator';

/** The official clients, as a {@link Program} is given them. */
export interface Clients {
  readonly common: typeof common;
  readonly service: typeof service;
  readonly provisioning: typeof provisioning;
  readonly device: typeof device;
  readonly mqtt: typeof mqtt;
}

/**
 * A function that runs in another process: it sees nothing but its arguments and Node's globals. Clients that dial
 * an emulator of a test's own need one, for where names lead is settled when a process starts.
 */
export type Program<A, R> = (clients: Clients, input: A) => Promise<R>;

type Answer = { readonly result: unknown } | { readonly problem: string };

const RUNNER = `
  const clients = {
    common: require('azure-iot-common'),
    service: require('azure-iothub'),
    provisioning: require('azure-iot-provisioning-service'),
    device: require('azure-iot-device'),
    mqtt: require('azure-iot-device-mqtt'),
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
    const runner = join(emulator.stateDir, 'runner.cjs');
    writeFileSync(runner, RUNNER);
    const NODE_PATH = join(process.cwd(), 'node_modules');
    return new Programs(fork(runner, { env: { ...process.env, ...variables, NODE_PATH }, execArgv: [] }));
  }

  /** @returns what the program does, as JSON has it. Rejects with the program's own failure */
  async run<A, R>(program: Program<A, R>, input: A): Promise<R> {
    this.child.send({ program: `(${program.toString()})`, input });
    const ended = once(this.child, 'exit').then(() => [{ problem: 'the process of the program has ended' }]);
    const [answer] = (await Promise.race([once(this.child, 'message'), ended])) as [Answer];
    if ('problem' in answer) throw new Error(answer.problem);
    return answer.result as R;
  }

  close(): void {
    this.child.kill();
  }
}
