import type { Collection } from '../../world/store';
import type { World } from '../../world/world';
import { partsOf } from '../../storage/client';
import { stampOf } from '../../world/time';
import { authMethodOf } from '../amqp/event-message';
import type { HubEvent } from '../events/event';
import type { StorageEndpoint } from '../settings';
import { Backlog } from './backlog';
import { jsonBodyOf } from './message';
import { Health, type Sink } from './sink';

/** A message that waits for its batch; plain data. */
export interface RoutedRecord {
  readonly sequence: number;
  readonly partition: string;
  /** One line of JSON. */
  readonly line: string;
}

/** Writes routed messages to blobs, in batches by time and size (iot-hub-devguide-endpoints.md, "Azure Storage"). */
export class StorageSink implements Sink {
  readonly health = new Health();
  readonly #backlog: Backlog<RoutedRecord>;
  #cancelTimer: (() => void) | undefined;
  #writing: Promise<void> | undefined;

  /** @param endpoint as it is set now; undefined when it is gone, and its messages with it */
  constructor(
    private readonly world: Pick<World, 'clock' | 'blobs'>,
    private readonly hub: { readonly name: string; readonly resourceId: () => string },
    private readonly endpoint: () => StorageEndpoint | undefined,
    kept: Pick<Collection<RoutedRecord>, 'put' | 'delete'>,
    waiting: readonly RoutedRecord[],
    name: string,
  ) {
    this.#backlog = new Backlog(kept, waiting, name, ({ line }) => line.length);
    if (waiting.length > 0) this.#schedule();
  }

  add(event: HubEvent, partition: string, now: number): void {
    this.#backlog.add((sequence) => ({ sequence, partition, line: lineOf(event, now) }));
    if (this.#backlog.bytes >= (this.endpoint()?.maxChunkBytes ?? Infinity)) this.#flush();
    else this.#schedule();
  }

  /** Stops the timer; messages that wait stay in the store. */
  async close(): Promise<void> {
    this.#cancelTimer?.();
    this.#cancelTimer = () => undefined;
    await this.#writing;
  }

  #schedule(): void {
    const { clock } = this.world;
    this.#cancelTimer ??= clock.at(clock.now() + (this.endpoint()?.batchFrequencyMs ?? 0), () => this.#flush());
  }

  #flush(): void {
    if (this.#writing !== undefined) return;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#writing = this.#write().finally(() => {
      this.#writing = undefined;
      if (this.#backlog.all.length > 0) this.#schedule();
    });
  }

  /** Writes what waits; what cannot be written goes on waiting until the next time. */
  async #write(): Promise<void> {
    const batch = [...this.#backlog.all];
    const endpoint = this.endpoint();
    if (endpoint === undefined) {
      this.#backlog.forget(batch);
      return;
    }
    const byBlob = new Map<string, RoutedRecord[]>();
    for (const record of batch) {
      const name = blobName(endpoint.fileNameFormat, this.hub.name, record.partition, this.world.clock.now());
      const records = byBlob.get(name) ?? [];
      records.push(record);
      byBlob.set(name, records);
    }
    for (const [name, records] of byBlob) {
      try {
        await this.#append(endpoint, `${name}.json`, records.map(({ line }) => `${line}\r\n`).join(''));
        this.#backlog.forget(records);
        this.health.succeeded(this.world.clock.now());
      } catch (error) {
        this.health.failed(this.world.clock.now(), error);
        process.emitWarning(`the routing endpoint '${endpoint.name}' cannot be written: ${String(error)}`);
        return;
      }
    }
  }

  async #append(endpoint: StorageEndpoint, name: string, text: string): Promise<void> {
    const { blobs } = this.world;
    const service = endpoint.isIdentityBased
      ? blobs.forIdentity(accountOf(endpoint.connectionString), {
          resourceId: this.hub.resourceId(),
          userAssignedIdentity: endpoint.userAssignedIdentity,
        })
      : blobs.forConnectionString(endpoint.connectionString);
    const blob = service.getContainerClient(endpoint.containerName).getAppendBlobClient(name);
    await blob.createIfNotExists({ blobHTTPHeaders: { blobContentType: 'application/json' } });
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += LARGEST_BLOCK) {
      const part = bytes.subarray(at, at + LARGEST_BLOCK);
      await blob.appendBlock(part, part.length);
    }
  }
}

/** Largest block that may be appended (storage, Append Block). */
const LARGEST_BLOCK = 4 * 1024 * 1024;

/** Identity-based endpoints hold the account's blob endpoint. */
const accountOf = (text: string): string => partsOf(text)['AccountName'] ?? /\/\/([a-z0-9]+)\./.exec(text)?.[1] ?? '';

/** @example blobName('{iothub}/{partition}/{YYYY}', 'h', '0', 0) // => 'h/0/1970' */
export function blobName(format: string, hub: string, partition: string, now: number): string {
  const [YYYY = '', MM = '', DD = '', HH = '', mm = ''] = new Date(now).toISOString().split(/[-T:]/);
  const fields: Readonly<Record<string, string>> = { iothub: hub, partition, YYYY, MM, DD, HH, mm };
  return format.replace(/\{(\w+)\}/g, (all, name: string) => fields[name] ?? all);
}

/** A message as one line of JSON (iot-hub-devguide-endpoints.md); a body that is no JSON is base64. */
function lineOf(event: HubEvent, now: number): string {
  const { system, authentication } = event;
  return JSON.stringify({
    EnqueuedTimeUtc: stampOf(now),
    Properties: event.properties,
    SystemProperties: {
      messageId: system.messageId,
      correlationId: system.correlationId,
      connectionDeviceId: event.deviceId,
      connectionModuleId: event.moduleId,
      connectionAuthMethod: authentication && JSON.stringify(authMethodOf(authentication)),
      connectionDeviceGenerationId: event.generationId,
      contentType: system.contentType,
      contentEncoding: system.contentEncoding,
      messageSource: event.source,
      'dt-dataschema': system.interfaceId,
      'dt-subject': system.componentName,
      enqueuedTime: stampOf(now),
    },
    Body: jsonBodyOf(event) ?? Buffer.from(event.body).toString('base64'),
  });
}
