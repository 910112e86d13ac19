import type { Connection } from 'rhea';

/** What a client sends on a session. */
const NAMES = ['on_attach', 'on_flow', 'on_transfer', 'on_disposition', 'on_detach'] as const;

interface Frame {
  readonly channel: number;
}

/** How rhea hands frames on (rhea/lib/connection.js, `delegate_to_session`); its types leave it out. */
type FrameReader = Record<(typeof NAMES)[number] | 'on_begin' | 'on_end', (frame: Frame) => void>;

/**
 * Has a connection ignore what still comes on a session that the client has ended. rhea takes that for a breach of the
 * protocol, but @azure/event-hubs does so when it is closed while events come: it settles them after its `end`, and waits
 * for ever when the connection is cut for it.
 */
export function ignoreLateFrames(connection: Connection): void {
  const reader = connection as unknown as FrameReader;
  const ended = new Set<number>(); // channels: numbers of 16 bits
  const [begin, end] = [reader.on_begin.bind(connection), reader.on_end.bind(connection)];
  reader.on_begin = (frame) => {
    begin(frame);
    ended.delete(frame.channel);
  };
  reader.on_end = (frame) => {
    end(frame);
    ended.add(frame.channel);
  };
  for (const name of NAMES) {
    const take = reader[name].bind(connection);
    reader[name] = (frame) => {
      if (!ended.has(frame.channel)) take(frame);
    };
  }
}
