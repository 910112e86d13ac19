import { setTimeout as sleep } from 'node:timers/promises';
import { heartbeat } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { type NativeConnection, Worker } from '@temporalio/worker';
import type { Activities } from '../../../activities';
import { deviceIdOf, hubNameOf } from '../../../domain/ids';
import { calmActivities, resultOf } from '../../support/rollouts';
import { EMPTY_TALLY, tallyOf } from '../../../domain/tally';
import { main } from '../../../cli/main';
import { planOf } from '../../support/plans';
import { collectingIo } from '../../cli/collecting-io';
import { TASK_QUEUE } from '../../../workflows/messages';
import { quiet, workflowBundle } from '../../support/temporal';

quiet('OFF');

/** Devices that stand in for a fleet: those named fail; a wave does not end before it is let go. */
export interface Fleet {
  readonly deviceCount: number;
  /** How many devices of a wave fail. */
  readonly failing?: (wave: number) => number;
  /** Resolves when a wave may end. */
  readonly gate?: (wave: number) => Promise<void>;
  /** Throws in the first attempt of a wave. */
  readonly crashing?: number;
}

/** The activities' contract over such devices; plans are the real ones. */
export function fakeActivities({
  deviceCount,
  failing = () => 0,
  gate = () => Promise.resolve(),
  crashing,
}: Fleet): Activities {
  const hub = hubNameOf('main');
  const targets = Array.from({ length: deviceCount }, (_, i) => ({
    hub,
    deviceId: deviceIdOf(`door-${i}`),
    connected: true,
  }));
  const skus = new Map([[hub, { name: 'S1', units: 1 } as const]]);
  const sizes = new Map<string, number>();
  const crashed = new Set<number>();
  const plan: Activities['previewPlan'] = ({ rolloutId, spec }) => {
    const { summary } = planOf(rolloutId, spec, targets, skus);
    for (const { index, deviceCount: size } of summary.waves) sizes.set(`${rolloutId} ${index}`, size);
    return Promise.resolve(summary);
  };
  return {
    ...calmActivities(),
    previewPlan: plan,
    planRollout: plan,
    async runShare({ rolloutId, pass, wave, part, hub: on }) {
      if (wave === crashing && !crashed.has(wave)) {
        crashed.add(wave);
        throw ApplicationFailure.retryable('the hub went away');
      }
      const size = sizes.get(`${rolloutId} ${wave}`) ?? 0;
      const failed = Math.min(failing(wave), size);
      const cursor = { batches: 0, retries: [], tally: EMPTY_TALLY };
      const beat = (): void =>
        heartbeat({
          pass,
          wave,
          part,
          hub: on,
          cursor,
          tally: tallyOf({ running: size }),
          answered: Math.min(1, size),
        });
      beat();
      const beating = setInterval(beat, 1_000); // a test may take its time to let it go
      await gate(wave).finally(() => clearInterval(beating));
      return resultOf({ failed, succeeded: size - failed }, failed > 0.05 * size ? 'failureLimit' : undefined);
    },
  };
}

export const startWorker = async (
  connection: NativeConnection,
  activities: Activities,
): Promise<{ stop(): Promise<void> }> => {
  const worker = await Worker.create({
    connection,
    taskQueue: TASK_QUEUE,
    workflowBundle,
    activities,
  });
  const running = worker.run();
  return {
    async stop() {
      worker.shutdown();
      await running;
    },
  };
};

/** One run of the command line, with its output as it stands. */
export interface Run {
  readonly code: Promise<number>;
  out(): string;
  err(): string;
  interrupt(): void;
}

/** Runs the command line in this process, against the server at an address. */
export const groundswell = (address: string, ...argv: string[]): Run => groundswellIn('default', address, ...argv);

/** The same in a namespace. */
export function groundswellIn(namespace: string, address: string, ...argv: string[]): Run {
  const io = collectingIo({ env: { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace } });
  return { code: main(argv, io), out: io.out, err: io.err, interrupt: io.interrupt };
}

export const addressOf = ({ connection }: TestWorkflowEnvironment): string => connection.options.address;

/** Waits until something is so; the test's own time-out ends a wait for what never comes. */
export async function until(so: () => boolean): Promise<void> {
  while (!so()) await sleep(20);
}
