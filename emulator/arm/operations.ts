import { randomUUID } from 'node:crypto';

import { ARM_HOST } from '../names';
import type { Collection } from '../world/store';
import { stampOf } from '../world/time';
import type { World } from '../world/world';
import type { ResourceType } from './resource-type';

interface Operation {
  readonly name: string;
  readonly status: 'InProgress' | 'Succeeded' | 'Failed';
  readonly startTime: string;
  readonly endTime?: string;
  readonly error?: { readonly code: string; readonly message: string };
}

const INTERRUPTED = { code: 'OperationInterrupted', message: 'The emulator ended while the operation was under way.' };

const REMEMBERED = 1000;

/**
 * Long-running operations (Azure Resource Manager, "Track asynchronous Azure operations"): the client is told at once
 * where to ask, and asks until the work has ended. Azure's minutes are milliseconds here, the protocol is the same.
 */
export class Operations {
  readonly #operations = new Map<string, Operation>();

  constructor(
    private readonly subscriptionId: string,
    private readonly world: Pick<World, 'store' | 'clock' | 'rebuild'>,
  ) {
    const load = (): void => this.#load();
    load();
    world.rebuild.add({ unload: () => this.#operations.clear(), load });
  }

  /** Begins to watch `work`; its failure is what the operation reports. */
  track(work: Promise<unknown>, namespace: string, apiVersion: string): Record<string, string> {
    const operation: Operation = { name: randomUUID(), status: 'InProgress', startTime: this.#stamp() };
    this.#remember(operation);
    void work.then(
      () => this.#end(operation, { status: 'Succeeded' }),
      (cause: unknown) => {
        const message = cause instanceof Error ? cause.message : String(cause);
        this.#end(operation, { status: 'Failed', error: { code: 'OperationFailed', message } });
      },
    );
    const path = `/subscriptions/${this.subscriptionId}/providers/${namespace}/locations/local/operationResults`;
    const url = `https://${ARM_HOST}${path}/${operation.name}?api-version=${apiVersion}`;
    return { 'azure-asyncoperation': url, location: url, 'retry-after': '1' };
  }

  /** Answers the polls; registered for every namespace that tracks operations. */
  type(namespace: string): ResourceType {
    return {
      type: `${namespace}/locations/operationResults`,
      get: ({ path }) => {
        const operation = this.find(path.names[1] ?? '');
        return operation && { status: 200, body: operation };
      },
    };
  }

  /** As polls are answered; the oldest are forgotten. */
  find(name: string): Readonly<Operation> | undefined {
    return this.#operations.get(name);
  }

  /** Nothing happens when a restored snapshot has meanwhile forgotten the operation. */
  #end(operation: Operation, end: Pick<Operation, 'status' | 'error'>): void {
    if (this.#operations.has(operation.name)) this.#remember({ ...operation, ...end, endTime: this.#stamp() });
  }

  #remember(operation: Operation): void {
    this.#operations.set(operation.name, operation);
    this.#kept.put(operation.name, operation);
    const [oldest] = this.#operations.keys();
    if (this.#operations.size <= REMEMBERED || oldest === undefined) return;
    this.#operations.delete(oldest);
    this.#kept.delete(oldest);
  }

  #load(): void {
    const kept = [...this.#kept.entries()].map(([, operation]) => operation);
    for (const operation of kept.sort((a, b) => (a.startTime < b.startTime ? -1 : 1))) {
      this.#operations.set(operation.name, operation);
      if (operation.status === 'InProgress') this.#end(operation, { status: 'Failed', error: INTERRUPTED });
    }
  }

  get #kept(): Collection<Operation> {
    return this.world.store.collection('arm/operations');
  }

  #stamp(): string {
    return stampOf(this.world.clock.now());
  }
}
