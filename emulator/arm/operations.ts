import { randomUUID } from 'node:crypto';

import { ARM_HOST } from '../names';
import type { ResourceType } from './resource-type';

interface Operation {
  readonly name: string;
  status: 'InProgress' | 'Succeeded' | 'Failed';
  readonly startTime: string;
  endTime?: string;
  error?: { readonly code: string; readonly message: string };
}

const REMEMBERED = 1000;

/**
 * Long-running operations (Azure Resource Manager, "Track asynchronous Azure operations"): the client is told at once
 * where to ask, and asks until the work has ended. Azure's minutes are milliseconds here, the protocol is the same.
 */
export class Operations {
  readonly #operations = new Map<string, Operation>();

  constructor(private readonly subscriptionId: string) {}

  /** Begins to watch `work`; its failure is what the operation reports. */
  track(work: Promise<unknown>, namespace: string, apiVersion: string): Record<string, string> {
    const operation: Operation = { name: randomUUID(), status: 'InProgress', startTime: new Date().toISOString() };
    this.#remember(operation);
    void work.then(
      () => this.#end(operation, 'Succeeded'),
      (cause: unknown) => {
        operation.error = { code: 'OperationFailed', message: cause instanceof Error ? cause.message : String(cause) };
        this.#end(operation, 'Failed');
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

  #end(operation: Operation, status: 'Succeeded' | 'Failed'): void {
    operation.status = status;
    operation.endTime = new Date().toISOString();
  }

  #remember(operation: Operation): void {
    this.#operations.set(operation.name, operation);
    const [oldest] = this.#operations.keys();
    if (this.#operations.size > REMEMBERED && oldest !== undefined) this.#operations.delete(oldest);
  }
}
