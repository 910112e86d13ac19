import type { HubName, RolloutId } from '../../domain/ids';

/**
 * When the next devices of a rollout may begin on a hub, so that no more than `devicesPerMinute` do. The first ones begin
 * at once; each takes its part of a minute, which the next ones wait for.
 */
export class Pace {
  readonly #freeAt = new Map<string, number>();

  /** Takes the places of some devices. @returns milliseconds that they must wait before they begin */
  take(
    { rolloutId, hub }: { readonly rolloutId: RolloutId; readonly hub: HubName },
    deviceCount: number,
    devicesPerMinute: number,
    now = Date.now(),
  ): number {
    const key = `${rolloutId}/${hub}`;
    const from = Math.max(now, this.#freeAt.get(key) ?? 0);
    for (const [other, freeAt] of this.#freeAt) if (freeAt < now) this.#freeAt.delete(other);
    this.#freeAt.set(key, from + (deviceCount / devicesPerMinute) * 60_000);
    return from - now;
  }
}
