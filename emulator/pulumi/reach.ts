import {
  createDefaultHttpClient,
  createEmptyPipeline,
  createHttpHeaders,
  createPipelineRequest,
  defaultRetryPolicy,
  type HttpMethods,
  type PipelineResponse,
  RestError,
} from '@azure/core-rest-pipeline';

import { MissingEmulatorError } from './errors';

const client = createDefaultHttpClient();
/** As azure-native does: what is throttled, and what a busy machine has cut off, is asked again; ARM's calls are idempotent. */
const pipeline = createEmptyPipeline();
pipeline.addPolicy(defaultRetryPolicy());

export interface Call {
  readonly method: HttpMethods;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON. */
  readonly body?: string;
}

/** @returns any answer, a refusal too @throws MissingEmulatorError, which says what to do, when nothing answers */
export async function reach(url: string, { method, headers, body }: Call): Promise<PipelineResponse> {
  const request = createPipelineRequest({
    ...{ url, method, headers: createHttpHeaders(headers), ...(body !== undefined && { body }) },
    allowInsecureConnection: true, // the endpoint of identities is plain http on loopback
  });
  try {
    return await pipeline.sendRequest(client, request);
  } catch (cause) {
    const reason = cause instanceof RestError ? cause.message : String(cause);
    throw new MissingEmulatorError(`nothing answers at ${new URL(url).origin} (${reason})`, cause);
  }
}

export const isSuccess = ({ status }: PipelineResponse): boolean => status >= 200 && status < 300;
