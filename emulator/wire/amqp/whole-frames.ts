import { types, type Connection } from 'rhea';

/** How many fields each performative has, by its descriptor (OASIS AMQP 1.0, part 2, section 2.7). */
const FIELDS = new Map([
  [0x10, 10], // open
  [0x11, 8], // begin
  [0x12, 14], // attach
  [0x13, 11], // flow
  [0x14, 11], // transfer
  [0x15, 6], // disposition
  [0x16, 3], // detach
  [0x17, 1], // end
  [0x18, 1], // close
]);

/** The one default that a client needs to see, `handle-max` of `begin`: pyamqp/session.py compares it as it is. */
const BEGIN = 0x11;
const HANDLE_MAX = { index: 4, value: 4_294_967_295 } as const;

/** A performative as rhea holds it (rhea/lib/types.js, define_composite); rhea's types leave it out. */
interface Frame {
  readonly constructor: { readonly descriptor: { readonly numeric: number } };
  readonly value: unknown[];
}

interface FrameWriter {
  /** Without arguments an empty frame: the heartbeat, by a timer. */
  _write_frame(channel?: number, frame?: Frame, payload?: Buffer): void;
}

/**
 * Has a connection write every field of a frame. AMQP lets a sender leave out nulls at the end, and rhea does; Microsoft's
 * services do not, and azure-eventhub for Python counts on it (azure/eventhub/_pyamqp/_connection.py, `_incoming_open`
 * takes the tenth field as it comes).
 */
export function writeWholeFrames(connection: Connection): void {
  const writer = connection as unknown as FrameWriter;
  const write = writer._write_frame.bind(connection);
  writer._write_frame = (channel, frame, payload) => {
    if (frame !== undefined) fill(frame);
    write(channel, frame, payload);
  };
}

function fill({ constructor: { descriptor }, value }: Frame): void {
  if (descriptor.numeric === BEGIN) value[HANDLE_MAX.index] ??= types.wrap_uint(HANDLE_MAX.value);
  const count = FIELDS.get(descriptor.numeric) ?? 0;
  for (let index = 0; index < count; index++) value[index] ??= null;
}
