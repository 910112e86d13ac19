export { createCodec } from './cipher';
export { dataConverterOf, FAILURE_CONVERTER } from './converter';
export { type CodecKeys, keysOf, parseKeys } from './keys';
export { decodedMessage } from './raw';
