import type { OutgoingLink } from './outgoing-link';
import { inTurn, type Turn } from './turn';

/** What a link hands out, one after the other. */
export interface Supply<T> {
  /** Takes the next one; undefined when there is none now. */
  readonly next: () => T | undefined;
  /** When it may go. @throws AmqpRefusal, which ends the link */
  readonly ask: (item: T) => Turn;
  readonly send: (item: T) => void;
  /** The link has ended before one that was taken could be sent. */
  readonly giveBack: (item: T) => void;
  /** Calls back when there may be more. @returns stops */
  readonly onMore: (callback: () => void) => () => void;
}

/** Sends what a supply has over a link, as long as the client takes it; one that has to wait holds up those after it. */
export function supply<T>(link: OutgoingLink, { next, ask, send, giveBack, onMore }: Supply<T>): void {
  let held: { readonly item: T } | undefined;
  const hand = (item: T): void => {
    held = { item };
    const done = (): void => {
      held = undefined;
      send(item);
    };
    const turn = inTurn(link, [() => ask(item)], done, (error) => link.refuse(error));
    if (turn !== undefined) link.after(turn, pump, (error) => link.refuse(error));
  };
  const pump = (): void => {
    while (held === undefined && link.room > 0) {
      const item = next();
      if (item === undefined) {
        link.drained();
        return;
      }
      hand(item);
    }
  };
  link.onRoom(pump);
  link.onClose(onMore(pump));
  link.onClose(() => {
    if (held !== undefined) giveBack(held.item);
  });
  setImmediate(pump); // credit may have come before the link was answered
}
