import type { DeviceTwin, Hub, MethodAnswer, TwinAnswer, TwinPatch } from '../../activities/ports';
import { type DeviceId, deviceIdOf } from '../../domain/ids';
import type { Json, JsonObject } from '../../domain/spec';
import { merged } from './merge-patch';

/** A device and its twin, in memory. */
interface FakeTwin {
  tags: JsonObject;
  desired: JsonObject;
  reported: JsonObject;
  version: number;
  etag: number;
}

export interface FakeDevicesOptions {
  readonly devices: readonly string[];
  /** Who has no connection; may be changed while a test runs. */
  readonly offline: ReadonlySet<string>;
  readonly statusOf: (deviceId: string, tries: number) => number;
  /** Whether a device reports what is desired of it; all do unless told. */
  readonly reports: (deviceId: string) => boolean;
}

/** Devices that act on methods and twins, and remember what was done to them. */
export class FakeDevices {
  readonly #twins: Map<string, FakeTwin>;
  readonly #tries = new Map<string, number>();
  /** Every method call that a device has heard, in order. */
  readonly invoked: { readonly deviceId: string; readonly payload: Json }[] = [];
  /** Every twin update that the hub has merged, in order. */
  readonly patched: { readonly deviceId: string; readonly patch: TwinPatch }[] = [];

  constructor(private readonly options: FakeDevicesOptions) {
    this.#twins = new Map(
      options.devices.map((id) => [id, { tags: {}, desired: {}, reported: {}, version: 1, etag: 1 }]),
    );
  }

  /** Takes a device out of the hub. */
  delete(deviceId: string): void {
    this.#twins.delete(deviceId);
  }

  has(deviceId: string): boolean {
    return this.#twins.has(deviceId);
  }

  invoke(deviceId: string, payload: Json): MethodAnswer {
    if (!this.#twins.has(deviceId)) return { kind: 'gone', detail: 'DeviceNotFound' };
    if (this.options.offline.has(deviceId)) return { kind: 'offline', detail: 'DeviceNotOnline' };
    const tries = (this.#tries.get(deviceId) ?? 0) + 1;
    this.#tries.set(deviceId, tries);
    this.invoked.push({ deviceId, payload });
    return { kind: 'answered', status: this.options.statusOf(deviceId, tries), payload: null };
  }

  patch(deviceId: string, patch: TwinPatch, etag: string): TwinAnswer {
    const twin = this.#twins.get(deviceId);
    if (twin === undefined) return { kind: 'gone', detail: 'DeviceNotFound' };
    if (etag !== '*' && etag !== String(twin.etag)) return { kind: 'changed', detail: 'PreconditionFailed' };
    this.patched.push({ deviceId, patch });
    twin.tags = merged(twin.tags, patch.tags ?? {});
    twin.desired = merged(twin.desired, patch.desired ?? {});
    if (patch.desired !== undefined) twin.version += 1;
    twin.etag += 1;
    if (!this.options.offline.has(deviceId) && this.options.reports(deviceId)) twin.reported = twin.desired;
    return { kind: 'merged', desiredVersion: twin.version };
  }

  twin(deviceId: string): DeviceTwin | undefined {
    const twin = this.#twins.get(deviceId);
    if (twin === undefined) return undefined;
    const { tags, desired, reported, version: desiredVersion, etag } = twin;
    return {
      etag: String(etag),
      connected: !this.options.offline.has(deviceId),
      tags,
      desired,
      desiredVersion,
      reported,
    };
  }

  /** What the hub's port asks of devices. */
  get calls(): Pick<Hub, 'turn' | 'invokeMethod' | 'twin' | 'updateTwin'> {
    return {
      turn: () => Promise.resolve(),
      invokeMethod: (deviceId, { payload }) => Promise.resolve(this.invoke(deviceId, payload)),
      twin: (deviceId) => Promise.resolve(this.twin(deviceId)),
      updateTwin: (deviceId, patch, etag) => Promise.resolve(this.patch(deviceId, patch, etag)),
    };
  }
}

/** The devices that a condition of ours names; all of the others' conditions. */
export function namedIn(where: string): ReadonlySet<DeviceId> | undefined {
  const list = /^deviceId IN \[(.*)\] AND connectionState/.exec(where)?.[1];
  return list === undefined ? undefined : new Set(list.split(',').map((id) => deviceIdOf(id.slice(1, -1))));
}
