import type { DeviceId, HubName } from './ids';
import type { JsonObject } from './spec';

/** A twin as people look at it: as its hub holds it, without metadata. */
export interface TwinLook {
  readonly hub: HubName;
  readonly deviceId: DeviceId;
  /** Changes with every change of tags and desired properties. */
  readonly etag: string;
  readonly connectionState: 'Connected' | 'Disconnected';
  readonly tags: JsonObject;
  readonly properties: { readonly desired: JsonObject; readonly reported: JsonObject };
}
