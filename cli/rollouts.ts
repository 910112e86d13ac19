import { randomUUID } from 'node:crypto';
import {
  type Client,
  WorkflowExecutionAlreadyStartedError,
  WorkflowFailedError,
  type WorkflowHandle,
} from '@temporalio/client';
import { type Duration, type PayloadConverter, TimeoutFailure } from '@temporalio/common';
import { decodedMessage } from '../codec';
import type { ListedRollout } from '../domain/listed';
import type { ArbiterState } from '../domain/arbiter';
import type { Verification } from '../domain/closing';
import type { DeviceCounts, DevicePage, DeviceQuery, ListCursor } from '../domain/device-list';
import type { DeviceId, HubName, RolloutId } from '../domain/ids';
import type { PlanSummary } from '../domain/plan';
import type { Command } from '../domain/machine';
import type { ChangeOrder, Order, RolloutInput } from '../domain/progress';
import type { RolloutSpec } from '../domain/spec';
import type { DeviceStory } from '../domain/story';
import type { TwinLook } from '../domain/twin';
import {
  DEVICE_COUNTS,
  DEVICE_PAGE,
  DEVICE_STORY,
  DEVICE_TWIN,
  firstAttributesOf,
  PREVIEW,
  ROLLOUT,
  SPEC_HASH_MEMO,
  TASK_QUEUE,
  VERIFICATION,
} from '../workflows/messages';
import { CliError, EXIT } from './output';
import { detailsOf, summaryOf } from './rollout/describe';
import { arbiterStateOf } from './rollout/arbiter';
import { NoWorkerError, rootMessage } from './rollout/errors';
import { describeRollout, lookAt, type Look } from './rollout/look';
import { type ListFilter, listRollouts } from './rollout/list';
import { giveOrder, type OrderResult } from './rollout/order';
import { hasBegunNothing } from './rollout/planned';
import { missingAttributes, registerAttributes, type SearchAttribute } from './rollout/search-attributes';
import { specHashOf } from './rollout/spec-hash';
import { dateOf } from './rollout/timestamp';
import { Schedules } from './schedules';

/** Planning asks hubs for devices, which may be slow, but not slower than this. */
const ANSWER_TIMEOUT = '12 hours';

/** A question to a worker. */
interface Asking {
  readonly workflowId: string;
  readonly args: unknown[];
  /** What the error begins with. */
  readonly failed: string;
  /** How long a worker may take. */
  readonly within?: Duration;
}

/** The history of one run, as the server keeps it. */
export type History = Awaited<ReturnType<WorkflowHandle['fetchHistory']>>;

/** What became of a request to start a rollout. */
export interface Started {
  /** `exists`: the same spec runs or ran under this id; `taken`: another spec does. Neither starts anything. */
  readonly kind: 'started' | 'exists' | 'taken';
  readonly rolloutId: RolloutId;
  readonly specHash: string;
}

/** Rollouts as the commands see them, over a Temporal client. */
export class Rollouts {
  constructor(
    private readonly client: Client,
    readonly where: { readonly address: string; readonly namespace: string },
  ) {}

  /** What starts rollouts again and again. */
  get schedules(): Schedules {
    return new Schedules(this.client);
  }

  /** Reads what lies in histories. */
  get converter(): PayloadConverter {
    return this.client.options.loadedDataConverter.payloadConverter;
  }

  /**
   * Plans without starting anything.
   *
   * @throws CliError (exit code 1) when the hubs refuse, with the fault in their words
   */
  async preview(rolloutId: RolloutId, spec: RolloutSpec): Promise<PlanSummary> {
    const workflowId = `preview-${rolloutId}-${randomUUID()}`;
    return this.#ask<PlanSummary>(PREVIEW, { workflowId, args: [{ rolloutId, spec }], failed: 'planning failed' });
  }

  /**
   * @param within how long a worker may take
   * @throws CliError (exit code 1) when the ledger cannot be read; NoWorkerError
   */
  story(deviceId: DeviceId, within: Duration = ANSWER_TIMEOUT): Promise<DeviceStory> {
    const workflowId = `story-${randomUUID()}`;
    return this.#ask(DEVICE_STORY, { workflowId, within, args: [{ deviceId }], failed: 'the story cannot be told' });
  }

  /**
   * A device's twin as its hub has it, read by a worker.
   *
   * @returns null when the hub has no such device
   * @throws CliError (exit code 1) when the hub is not known or refuses; NoWorkerError
   */
  twin(hub: HubName, deviceId: DeviceId, within: Duration = ANSWER_TIMEOUT): Promise<TwinLook | null> {
    const workflowId = `twin-${randomUUID()}`;
    return this.#ask(DEVICE_TWIN, { workflowId, within, args: [{ hub, deviceId }], failed: 'the twin cannot be read' });
  }

  /** Devices by their last outcomes, as they come: each page is asked for when the one before is read. */
  async *devicePages(query: DeviceQuery): AsyncGenerator<DevicePage> {
    let cursor: ListCursor | undefined;
    do {
      const args = [{ query, ...(cursor && { cursor }) }];
      const page = await this.#askDevices<DevicePage>(DEVICE_PAGE, query, args);
      yield page;
      cursor = page.next;
    } while (cursor !== undefined);
  }

  /** @throws CliError (exit code 1) when the ledger cannot be read, or has no plan of the rollout */
  deviceCounts(query: DeviceQuery): Promise<DeviceCounts> {
    return this.#askDevices(DEVICE_COUNTS, query, [query]);
  }

  #askDevices<Answer>(workflow: string, { rolloutId }: DeviceQuery, args: unknown[]): Promise<Answer> {
    const workflowId = `devices-${rolloutId}-${randomUUID()}`;
    return this.#ask(workflow, { workflowId, args, failed: 'the devices cannot be listed' });
  }

  /** @throws CliError (exit code 1) when the rollout is not closed, or the ledger cannot be read */
  async verify(rolloutId: RolloutId): Promise<Verification> {
    const { state, unanswered } = await this.look(rolloutId);
    const sha256 = state?.closing?.sha256;
    if (sha256 === undefined) {
      const why =
        unanswered ??
        `the rollout is ${state?.status ?? 'not known'}, and its ledger is not closed${state?.unclosed === undefined ? '' : `: ${state.unclosed}`}`;
      throw new CliError(EXIT.failed, `nothing to verify: ${why}`);
    }
    const workflowId = `verify-${rolloutId}-${randomUUID()}`;
    return this.#ask(VERIFICATION, { workflowId, args: [{ rolloutId, sha256 }], failed: 'the ledger cannot be read' });
  }

  /**
   * Starts a rollout unless its id is in use. The id stays in use after the end, for as long as Temporal keeps histories,
   * unless the rollout failed in planning: then it has begun nothing.
   */
  async start(
    wanted: Pick<RolloutInput, 'spec' | 'expects'> & { readonly rolloutId: RolloutId },
    startedBy: Order,
    reuse: 'REJECT_DUPLICATE' | 'ALLOW_DUPLICATE_FAILED_ONLY' = 'REJECT_DUPLICATE',
  ): Promise<Started> {
    const { rolloutId, spec } = wanted;
    const specHash = specHashOf(spec);
    const indexed = (await this.missingAttributes()).length === 0;
    const input: RolloutInput = { ...wanted, startedBy, ...(indexed && { indexed }) };
    try {
      await this.client.workflow.start(ROLLOUT, {
        taskQueue: TASK_QUEUE,
        workflowId: rolloutId,
        workflowIdReusePolicy: reuse,
        workflowIdConflictPolicy: 'FAIL',
        args: [input],
        memo: { [SPEC_HASH_MEMO]: specHash },
        ...(indexed && { typedSearchAttributes: firstAttributesOf(input, specHash) }),
        staticSummary: summaryOf(spec),
        staticDetails: detailsOf(input, specHash),
      });
      return { kind: 'started', rolloutId, specHash };
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      const { failure } = await this.look(rolloutId);
      if (reuse === 'REJECT_DUPLICATE' && failure !== undefined && hasBegunNothing(failure)) {
        return this.start(wanted, startedBy, 'ALLOW_DUPLICATE_FAILED_ONLY');
      }
      const { memo } = await describeRollout(this.client, rolloutId);
      return { kind: memo?.[SPEC_HASH_MEMO] === specHash ? 'exists' : 'taken', rolloutId, specHash };
    }
  }

  /** @returns search attributes of rollouts that the server lacks: without them rollouts run, but are not found by state */
  missingAttributes(): Promise<readonly SearchAttribute[]> {
    return missingAttributes(this.client);
  }

  /** @throws a service error where the server does not let us: Temporal Cloud has its own command for it */
  registerAttributes(attributes: readonly SearchAttribute[]): Promise<void> {
    return registerAttributes(this.client, attributes);
  }

  /** Rollouts, the newest first. */
  list(filter: ListFilter): Promise<readonly ListedRollout[]> {
    return listRollouts(this.client, filter);
  }

  /** @returns undefined where no rollout has asked for a slot of the hub lately */
  async arbiterOf(hub: HubName): Promise<ArbiterState | undefined> {
    return arbiterStateOf(this.client, hub);
  }

  /** @throws CliError (exit code 1) when there is no such rollout */
  look(rolloutId: RolloutId): Promise<Look> {
    return lookAt(this.client, rolloutId);
  }

  /** @throws CliError (exit code 1) when there is no such rollout, or when no worker takes the order */
  order(kind: Command, rolloutId: RolloutId, order: Order | ChangeOrder): Promise<OrderResult> {
    return giveOrder(this.client, rolloutId, { kind, order });
  }

  /** @returns the histories of all its runs, oldest first: more than one where it continued as new */
  async histories(rolloutId: RolloutId): Promise<History[]> {
    let { runId } = await describeRollout(this.client, rolloutId);
    const histories: History[] = [];
    while (runId !== '') {
      const history = await this.client.workflow.getHandle(rolloutId, runId).fetchHistory();
      histories.unshift(await this.#decoded(history));
      runId = history.events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId ?? '';
    }
    return histories;
  }

  /** @returns when a worker last polled the task queue, or undefined when the server remembers none */
  async workerSeenAt(): Promise<Date | undefined> {
    return (await this.taskQueue()).seenAt;
  }

  /** @returns when a worker last polled, and the current worker version as `deployment.build`, where one is set */
  async taskQueue(): Promise<{ readonly seenAt?: Date; readonly version?: string }> {
    const { pollers, versioningInfo } = await this.client.workflowService.describeTaskQueue({
      namespace: this.where.namespace,
      taskQueue: { name: TASK_QUEUE },
    });
    const times = pollers.flatMap(({ lastAccessTime }) => dateOf(lastAccessTime)?.getTime() ?? []);
    const current = versioningInfo?.currentDeploymentVersion;
    return {
      ...(times.length > 0 && { seenAt: new Date(Math.max(...times)) }),
      ...(current && { version: `${current.deploymentName ?? ''}.${current.buildId ?? ''}` }),
    };
  }

  /** What Temporal's own service hands out is encoded, where keys are used. */
  #decoded<Message extends object>(message: Message): Promise<Message> {
    return decodedMessage(this.client.options.loadedDataConverter.payloadCodecs, message);
  }

  close(): Promise<void> {
    return this.client.connection.close();
  }

  /** Has a worker answer a question. */
  async #ask<Answer>(workflow: string, { failed, within = ANSWER_TIMEOUT, ...options }: Asking): Promise<Answer> {
    try {
      const asked = { ...options, taskQueue: TASK_QUEUE, workflowExecutionTimeout: within } as const;
      return (await this.client.workflow.execute(workflow, asked)) as Answer;
    } catch (cause) {
      if (!(cause instanceof WorkflowFailedError)) throw cause;
      if (cause.cause instanceof TimeoutFailure)
        throw new NoWorkerError(`${failed}: no worker answered within ${within}`, 'look whether a worker runs', {
          cause,
        });
      throw new CliError(EXIT.failed, `${failed}: ${rootMessage(cause)}`, undefined, { cause });
    }
  }
}
