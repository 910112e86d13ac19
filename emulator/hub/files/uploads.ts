import { randomUUID } from 'node:crypto';
import type { Clock } from '../../world/clock';
import type { Collection, Store } from '../../world/store';
import { HubError } from '../errors';
import type { Identity } from '../identity';

/** Uploads that a device may have under way (iot-hub-devguide-quotas-throttling.md, "Other limits"). */
const MOST_UPLOADS = 10;

/** An upload that a device has begun. `expiresAt` is ms since the epoch. */
export interface Upload {
  readonly deviceId: string;
  readonly generationId: string;
  readonly blobName: string;
  readonly expiresAt: number;
}

type Uploader = Pick<Identity, 'deviceId' | 'generationId'>;

/** The uploads that devices of a hub have begun and not reported yet: kept until their SAS ends. */
export class Uploads {
  readonly #kept: Collection<Upload>;
  readonly #byDevice = new Map<string, Map<string, Upload>>();

  /** @param path of the hub in the store: `hubs/<name>` */
  constructor(
    store: Store,
    path: string,
    private readonly clock: Clock,
  ) {
    this.#kept = store.collection(`${path}/uploads`);
    for (const [correlationId, upload] of this.#kept.entries()) this.#add(correlationId, upload);
  }

  /** @returns the correlation id. @throws HubError DeviceMaximumActiveFileUploadLimitExceeded */
  begin({ deviceId, generationId }: Uploader, blobName: string, ttlMs: number): string {
    if (this.#live(deviceId).size >= MOST_UPLOADS) {
      const text = `The device has ${MOST_UPLOADS} uploads under way, the most it may.`;
      throw new HubError('DeviceMaximumActiveFileUploadLimitExceeded', text);
    }
    const now = this.clock.now();
    const correlationId = `${Buffer.from(String(now)).toString('base64url')}_${randomUUID()}`;
    const upload = { deviceId, generationId, blobName, expiresAt: now + ttlMs };
    this.#kept.put(correlationId, upload);
    this.#add(correlationId, upload);
    return correlationId;
  }

  /** Ends an upload of the device. @returns undefined when there is none of that id */
  end({ deviceId, generationId }: Uploader, correlationId: string): Upload | undefined {
    const upload = this.#live(deviceId).get(correlationId);
    if (upload === undefined) return undefined;
    this.#drop(deviceId, correlationId);
    return upload.generationId === generationId ? upload : undefined;
  }

  /** What the device has under way, after what has ended by time is dropped. */
  #live(deviceId: string): ReadonlyMap<string, Upload> {
    for (const [id, { expiresAt }] of this.#byDevice.get(deviceId) ?? []) {
      if (expiresAt <= this.clock.now()) this.#drop(deviceId, id);
    }
    return this.#byDevice.get(deviceId) ?? new Map<string, Upload>();
  }

  #add(correlationId: string, upload: Upload): void {
    const uploads = this.#byDevice.get(upload.deviceId) ?? new Map<string, Upload>();
    this.#byDevice.set(upload.deviceId, uploads.set(correlationId, upload));
  }

  #drop(deviceId: string, correlationId: string): void {
    this.#kept.delete(correlationId);
    const uploads = this.#byDevice.get(deviceId);
    uploads?.delete(correlationId);
    if (uploads?.size === 0) this.#byDevice.delete(deviceId);
  }
}
