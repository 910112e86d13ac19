import type { Operation } from './cache';
import type { Device, MethodAnswer, MethodHandler, OnceMethod, Properties } from './types';

/** Where finished operations are remembered. */
export interface Memory {
  done(method: string, operationId: string): Operation | undefined;
  /** Once it has resolved, a loss of power does not take it back. */
  remember(operation: Operation): Promise<void>;
}

/** Characters of an answer's payload, as JSON, that are remembered; a larger one is answered as null the second time. */
const REMEMBERED = 4096;

/** The methods of a device. */
export class Methods {
  private readonly running = new Map<string, Promise<MethodAnswer>>();

  constructor(
    private readonly handlers: Readonly<Record<string, MethodHandler | OnceMethod>>,
    private readonly memory: Memory,
    private readonly device: Device,
  ) {}

  /** Never throws: a handler's failure is a 500 with its message. */
  async call(name: string, payload: unknown): Promise<MethodAnswer> {
    try {
      const handler = this.handlers[name];
      if (handler === undefined) throw new Error(`the device has no method ${name}`);
      if (typeof handler === 'function') return await handler(payload, this.device);
      const operationId = operationIdOf(payload, handler.operationIdField);
      if (operationId === undefined) return await handler.handle(payload, this.device);
      return await this.once(name, operationId, () => handler.handle(payload, this.device));
    } catch (error) {
      return { status: 500, payload: { error: error instanceof Error ? error.message : String(error) } };
    }
  }

  /** A call of the same operation meanwhile gets the same answer. What has failed may be tried again. */
  private once(
    method: string,
    operationId: string,
    run: () => Promise<MethodAnswer> | MethodAnswer,
  ): Promise<MethodAnswer> {
    const key = JSON.stringify([method, operationId]);
    const present = this.running.get(key);
    if (present !== undefined) return present;
    const begun = this.runOnce(method, operationId, run).finally(() => this.running.delete(key));
    this.running.set(key, begun);
    return begun;
  }

  private async runOnce(
    method: string,
    operationId: string,
    run: () => Promise<MethodAnswer> | MethodAnswer,
  ): Promise<MethodAnswer> {
    const before = this.memory.done(method, operationId);
    if (before !== undefined) return { status: before.status, payload: before.payload };
    const { status, payload } = await run();
    if (status >= 200 && status < 300) {
      const isSmall = JSON.stringify(payload ?? null).length <= REMEMBERED;
      await this.memory.remember({ method, operationId, status, payload: isSmall ? payload : null });
    }
    return { status, payload };
  }
}

function operationIdOf(payload: unknown, field: string): string | undefined {
  const fields: Properties = typeof payload === 'object' && payload !== null ? { ...payload } : {};
  const id = fields[field];
  return typeof id === 'string' && id !== '' ? id : undefined;
}
