import type { DataConverter } from '@temporalio/common';
import { createCodec } from './cipher';
import type { CodecKeys } from './keys';

/** For Temporal's loaders, which take a module by its path; it exports `failureConverter`. */
export const FAILURE_CONVERTER = require.resolve('./failures');

/** How workers and clients write and read payloads. Without keys all is as Temporal does it by default. */
export const dataConverterOf = (keys: CodecKeys | undefined): DataConverter => ({
  payloadCodecs: [createCodec(keys)],
  ...(keys && { failureConverterPath: FAILURE_CONVERTER }),
});
