import { DefaultFailureConverter } from '@temporalio/common';

/**
 * Puts messages and stacks of failures into a payload, which a codec encrypts: else they would stand in histories in clear.
 * The Temporal UI shows them through the codec server.
 */
export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
