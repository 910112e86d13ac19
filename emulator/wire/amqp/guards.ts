import { types, type Connection } from 'rhea';

/** Sessions of one connection; the SDKs open one or two, and `open` says it (`channel_max`). */
export const MOST_SESSIONS = 256;
/** Deliveries that one disposition may speak of: twice what rhea keeps of a session (rhea/lib/session.js). */
const MOST_SETTLED = 4096;
/** Values without bytes that an array may hold: nobody sends one, and it would cost memory for nothing. */
const MOST_EMPTY = 256;

/** What rhea's types leave out (rhea/lib/connection.js). */
interface Internals {
  _process(): void;
  create_session(bufferSize?: number): unknown;
  on_disposition(frame: Disposition): void;
  readonly local_channel_map: Readonly<Record<string, unknown>>;
}

interface Disposition {
  readonly performative: { readonly first?: number; readonly last?: number };
}

/**
 * Checks what rhea takes for granted. What is thrown while input is read reaches the connection's `error` event.
 *
 * @param cut ends the connection: what fails while rhea writes would end the process
 */
export function guard(connection: Connection, cut: () => void): void {
  const rhea = connection as unknown as Internals;
  const write = rhea._process.bind(rhea);
  const settle = rhea.on_disposition.bind(rhea);
  const begin = rhea.create_session.bind(rhea);
  rhea._process = () => {
    try {
      write();
    } catch {
      cut(); // a client's own source or target that cannot be written back
    }
  };
  rhea.on_disposition = (frame) => {
    const { first = 0, last } = frame.performative;
    if ((last ?? first) - first > MOST_SETTLED) throw new Error('a disposition of too many deliveries'); // a loop over all
    settle(frame);
  };
  rhea.create_session = (bufferSize) => {
    if (Object.keys(rhea.local_channel_map).length >= MOST_SESSIONS) throw new Error('too many sessions');
    return begin(bufferSize);
  };
}

/** How rhea reads values (rhea/lib/types.js). */
interface Reader {
  remaining(): number;
  read_n: (this: Reader, count: number) => unknown[];
  read_array_items: (this: Reader, count: number, type: { readonly width: number }) => unknown[];
}

/**
 * rhea believes the count that a list or an array begins with: it makes room for as many, or reads on for ever where an
 * element has no bytes. With this a count beyond what is left to read is refused, for every connection of the process.
 */
export function boundCounts(): void {
  const { prototype } = (types as unknown as { Reader: { readonly prototype: Reader } }).Reader;
  const { read_n, read_array_items } = prototype;
  prototype.read_n = function (count) {
    if (count > this.remaining()) throw new Error('a list longer than its bytes');
    return read_n.call(this, count);
  };
  prototype.read_array_items = function (count, type) {
    if (count > (type.width === 0 ? MOST_EMPTY : this.remaining())) throw new Error('an array longer than its bytes');
    return read_array_items.call(this, count, type);
  };
}
