/** When something is done: undefined for at once. A promise that never settles: not at all. */
export type Turn = Promise<void> | undefined;

/** That of what is never done; whatever waits for it is forgotten with it. */
export const never = (): Promise<void> => new Promise(() => undefined);

/** Who may end while something waits for its turn: a link. */
interface Waiting {
  readonly isOpen: boolean;
}

/** Asks for a turn, and may refuse one by throwing. */
export type Ask = () => Turn;

/**
 * Asks for one turn after another, and then does `work`: at once when nobody has it wait, else unless `whose` has ended
 * meanwhile.
 *
 * @param refuse takes what an ask has thrown; what it throws in turn is the caller's, as is what `work` throws
 */
export function inTurn(whose: Waiting, asks: readonly Ask[], work: () => void, refuse = rethrow): Turn {
  const [ask, ...rest] = asks;
  if (ask === undefined) {
    work();
    return undefined;
  }
  let turn: Turn;
  try {
    turn = ask();
  } catch (error) {
    refuse(error);
    return undefined;
  }
  const go = (): Turn => inTurn(whose, rest, work, refuse);
  return turn === undefined ? go() : turn.then(() => (whose.isOpen ? go() : undefined));
}

function rethrow(error: unknown): void {
  throw error;
}
