import { mapBounded } from '../../domain/pool';
import type { Publisher } from '../../telemetry/ports';
import type { DeviceView } from '../../telemetry/view';
import { ALL, siteGroup } from './groups';
import type { SignalR } from './signalr';

/** dashboard/core/contract.ts: its one argument is an array of views. */
export const LIVE_TARGET = 'deviceStates';
/** The REST API takes 1 MB (azure-signalr, REST API reference, "Limitation"); some is left for what is around. */
const MOST_BYTES = 1_000_000 - 1_000;
const SENDS_AT_ONCE = 8;

/** @returns runs of the texts, each of at most `most` bytes with commas; one that is longer stands alone */
function packed(texts: readonly string[], most: number): string[][] {
  const packs: string[][] = [];
  let room = 0;
  for (const text of texts) {
    const bytes = Buffer.byteLength(text) + 1;
    if (bytes > room || packs.length === 0) {
      packs.push([]);
      room = most;
    }
    packs.at(-1)?.push(text);
    room -= bytes;
  }
  return packs;
}

const messageOf = (views: readonly string[]): string =>
  `{"target":"${LIVE_TARGET}","arguments":[[${views.join(',')}]]}`;

/**
 * Sends states to who follows: those of a site to its group, all of them to the group of all. A group gets one message, and
 * more only where the states do not fit.
 *
 * @param most bytes of a message. @default what the service takes
 */
export function createPublisher({ send }: Pick<SignalR, 'send'>, most = MOST_BYTES): Publisher {
  return {
    async publish(views: readonly DeviceView[]) {
      const groups = new Map<string, string[]>([[ALL, []]]);
      for (const view of views) {
        const text = JSON.stringify(view);
        for (const name of [ALL, siteGroup(view.site)]) {
          const texts = groups.get(name) ?? [];
          texts.push(text);
          groups.set(name, texts);
        }
      }
      const sends = [...groups].flatMap(([group, texts]) => packed(texts, most).map((pack) => ({ group, pack })));
      await mapBounded(sends, SENDS_AT_ONCE, ({ group, pack }) => send(messageOf(pack), group));
    },
  };
}
