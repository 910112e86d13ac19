import { message as rheaMessage, types, type Message } from 'rhea';

/** A message as it is kept: what its sender wrote stays byte for byte, annotations are added on the way. */
export interface TakenApart {
  readonly annotations: Readonly<Record<string, unknown>>;
  /** Properties, application properties, body and footer (OASIS AMQP 1.0, part 3, section 3.2, the "bare message"). */
  readonly bare: Buffer;
}

const [HEADER, DELIVERY_ANNOTATIONS, MESSAGE_ANNOTATIONS] = [0x70, 0x71, 0x72] as const;

/** What rhea's types leave out (rhea/lib/types.js). */
interface Codec {
  readonly Reader: new (bytes: Buffer) => {
    readonly position: number;
    remaining(): number;
    read(): { readonly descriptor?: { readonly value: unknown } };
  };
  readonly Writer: new () => { write(value: unknown): void; toBuffer(): Buffer };
  readonly unwrap_map_simple: (section: unknown) => Record<string, unknown>;
  readonly wrap_symbolic_map: (map: object) => unknown;
  readonly described_nc: (descriptor: unknown, value: unknown) => unknown;
}
const codec = types as unknown as Codec;

/** @throws Error of rhea's for bytes that are no message */
export function takeApart(bytes: Buffer): TakenApart {
  const reader = new codec.Reader(bytes);
  let annotations: Record<string, unknown> = {};
  let at = 0;
  while (reader.remaining() > 0) {
    at = reader.position;
    const section = reader.read();
    const code = Number(section.descriptor?.value);
    if (code === MESSAGE_ANNOTATIONS) annotations = codec.unwrap_map_simple(section);
    else if (code !== HEADER && code !== DELIVERY_ANNOTATIONS) break;
    at = reader.position;
  }
  return { annotations, bare: Buffer.from(bytes.subarray(at)) }; // a copy: the frame that it came in is not kept alive
}

/** As {@link takeApart}, of a message that rhea has read. */
export const takeApartMessage = (message: Message): TakenApart =>
  takeApart(rheaMessage.encode(message as Parameters<typeof rheaMessage.encode>[0]));

/** The bytes of a message with these annotations. */
export const putTogether = (annotations: Readonly<Record<string, unknown>>, bare: Uint8Array): Buffer =>
  Buffer.concat([sectionOf(MESSAGE_ANNOTATIONS, annotations), bare]);

/** The section that goes before all others of a message without a header. */
export const deliveryAnnotations = (map: Readonly<Record<string, unknown>>): Buffer =>
  sectionOf(DELIVERY_ANNOTATIONS, map);

function sectionOf(code: number, map: object): Buffer {
  const writer = new codec.Writer();
  writer.write(codec.described_nc(types.wrap_ulong(code), codec.wrap_symbolic_map(map)));
  return writer.toBuffer();
}
