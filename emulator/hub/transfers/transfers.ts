import { randomUUID } from 'node:crypto';
import type { Clock } from '../../world/clock';
import type { Collection } from '../../world/store';
import type { JsonObject } from '../../world/json';
import { stampOf } from '../../world/time';
import { HubError } from '../errors';
import { checkContainers, exportAll, importAll, type Containers, type TransferWorld, type Watch } from './transfer';
import type { TransferSpec } from './spec';

/** How long a job is remembered (iot-hub/iot-hub-devguide-quotas-throttling.md, "Other limits"). */
const MEMORY_MS = 30 * 86_400_000;

type TransferStatus = 'enqueued' | 'running' | 'completed' | 'failed' | 'cancelled';

/** A job as the store keeps it; it holds no URI, for those are secrets. Times are ms since the epoch. */
export interface Transfer {
  readonly jobId: string;
  readonly spec: Omit<TransferSpec, 'inputContainerUri' | 'outputContainerUri' | 'userAssignedIdentity'>;
  readonly status: TransferStatus;
  readonly startedAt: number;
  readonly endedAt?: number;
  /** 0 to 100. */
  readonly progress: number;
  readonly failureReason?: string;
}

/** What the jobs need of their hub. */
export interface TransfersWorld extends TransferWorld {
  readonly clock: Clock;
  /** Where in the store: `hubs/<name>`. */
  readonly path: string;
  /** @throws Error when the URI is none of the emulator's storage */
  containersOf(spec: TransferSpec): Containers;
}

/** Import and export jobs (jobs v1): one at a time, over blobs of the emulator's storage. */
export class Transfers {
  readonly #kept: Collection<Transfer>;
  readonly #byId = new Map<string, Transfer>();
  #running: { readonly jobId: string; readonly controller: AbortController; readonly done: Promise<void> } | undefined;
  #isStarting = false;

  constructor(private readonly world: TransfersWorld) {
    this.#kept = world.store.collection(`${world.path}/transfers`);
    const all = [...this.#kept.entries()].map(([, transfer]) => transfer);
    for (const transfer of all.sort((a, b) => a.startedAt - b.startedAt)) this.#byId.set(transfer.jobId, transfer);
    for (const transfer of all) if (isActive(transfer)) this.#end(transfer, 'failed', 'The hub was restarted.');
  }

  /**
   * Begins a job.
   *
   * @throws HubError JobQuotaExceeded while another is under way; BlobContainerValidationError
   */
  async create(spec: TransferSpec): Promise<Transfer> {
    if (this.#isStarting || this.#running !== undefined) {
      throw new HubError('JobQuotaExceeded', 'Another import or export job is running: a hub runs one at a time.');
    }
    this.#isStarting = true;
    try {
      const containers = containersOf(this.world, spec);
      await checkContainers(containers, spec);
      return this.#start(spec, containers);
    } finally {
      this.#isStarting = false;
    }
  }

  /** @throws HubError JobNotFound */
  require(jobId: string): Transfer {
    const transfer = this.#byId.get(jobId);
    if (transfer === undefined) throw new HubError('JobNotFound', `Job '${jobId}' was not found.`);
    return transfer;
  }

  /** Oldest first. */
  list(): readonly Transfer[] {
    return [...this.#byId.values()];
  }

  /** Ends a job that is under way; one that has ended stays as it is. @throws HubError JobNotFound */
  cancel(jobId: string): void {
    const transfer = this.require(jobId);
    if (!isActive(transfer)) return;
    this.#end(transfer, 'cancelled');
    if (this.#running?.jobId === jobId) this.#running.controller.abort();
  }

  /** Ends what is under way and waits for it. */
  async close(): Promise<void> {
    this.#running?.controller.abort();
    await this.#running?.done;
  }

  #start(given: TransferSpec, containers: Containers): Transfer {
    this.#forget();
    const startedAt = this.world.clock.now();
    const shown = withoutUris(given);
    const transfer = this.#put({ jobId: randomUUID(), spec: shown, status: 'enqueued', startedAt, progress: 0 });
    const controller = new AbortController();
    const done = this.#run(transfer.jobId, given, containers, controller.signal);
    this.#running = { jobId: transfer.jobId, controller, done };
    return transfer;
  }

  async #run(jobId: string, spec: TransferSpec, containers: Containers, signal: AbortSignal): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve)); // the caller is told of `enqueued` first
    const watch: Watch = { signal, onProgress: (progress) => this.#show(jobId, progress) };
    try {
      signal.throwIfAborted();
      this.#show(jobId, 0);
      await (spec.type === 'export' ? exportAll : importAll)(this.world, containers, spec, watch);
      this.#settle(jobId, 'completed');
    } catch (error) {
      this.#settle(jobId, 'failed', error instanceof Error ? error.message : String(error));
    } finally {
      this.#running = undefined;
    }
  }

  /** Progress is not kept: a restart ends the job. */
  #show(jobId: string, progress: number): void {
    const transfer = this.require(jobId);
    if (isActive(transfer)) this.#byId.set(jobId, { ...transfer, status: 'running', progress });
  }

  /** One that was cancelled meanwhile stays so. */
  #settle(jobId: string, status: 'completed' | 'failed', failureReason?: string): void {
    const transfer = this.require(jobId);
    if (isActive(transfer)) this.#end(transfer, status, failureReason);
  }

  #end(transfer: Transfer, status: 'completed' | 'failed' | 'cancelled', failureReason?: string): void {
    this.#put({
      ...transfer,
      status,
      endedAt: this.world.clock.now(),
      ...(status === 'completed' && { progress: 100 }),
      ...(failureReason !== undefined && { failureReason }),
    });
  }

  #put(transfer: Transfer): Transfer {
    this.#kept.put(transfer.jobId, transfer);
    this.#byId.set(transfer.jobId, transfer);
    return transfer;
  }

  #forget(): void {
    const oldest = this.world.clock.now() - MEMORY_MS;
    for (const [jobId, { endedAt }] of this.#byId) {
      if (endedAt === undefined || endedAt >= oldest) continue;
      this.#byId.delete(jobId);
      this.#kept.delete(jobId);
    }
  }
}

const withoutUris = (spec: TransferSpec): Transfer['spec'] => ({
  type: spec.type,
  inputBlobName: spec.inputBlobName,
  outputBlobName: spec.outputBlobName,
  excludeKeys: spec.excludeKeys,
  isIdentityBased: spec.isIdentityBased,
  includeConfigurations: spec.includeConfigurations,
  configurationsBlobName: spec.configurationsBlobName,
});

const isActive = ({ status }: Transfer): boolean => status === 'enqueued' || status === 'running';

function containersOf(world: TransfersWorld, spec: TransferSpec): Containers {
  try {
    return world.containersOf(spec);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    throw new HubError('BlobContainerValidationError', `The blob container URI is invalid: ${text}`);
  }
}

/** A job as the REST API shows it; URIs are not given back (live hub, see identity.ts). */
export const transferView = ({
  jobId,
  spec,
  status,
  startedAt,
  endedAt,
  progress,
  failureReason,
}: Transfer): JsonObject => ({
  jobId,
  startTimeUtc: stampOf(startedAt),
  ...(endedAt !== undefined && { endTimeUtc: stampOf(endedAt) }),
  type: spec.type,
  status,
  progress,
  inputBlobContainerUri: '',
  outputBlobContainerUri: '',
  ...(spec.type === 'import' && { inputBlobName: spec.inputBlobName }),
  outputBlobName: spec.outputBlobName,
  excludeKeysInExport: spec.excludeKeys,
  includeConfigurations: spec.includeConfigurations,
  configurationsBlobName: spec.configurationsBlobName,
  failureReason: failureReason ?? null,
});
