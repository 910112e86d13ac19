import type { IncomingMessage, ServerResponse } from 'node:http';

import { TableBatchSerialization } from 'azurite/dist/src/table/batch/TableBatchSerialization';

import type { FrontedService } from './front';
import type { Refusal } from './guard';
import { type BatchOperation, isTableBatch, tableNeedsOf } from './table-needs';

/** Largest body of a batch (Table service, "Performing entity group transactions": 4 MiB). */
const LARGEST_BATCH = 4 * 1024 * 1024;

/** Reads a body and puts it back, for Azurite to read again: the last chunk must not be let go of before that. */
function peek(request: IncomingMessage): Promise<string> {
  const length = Number(request.headers['content-length'] ?? NaN);
  if (!(length <= LARGEST_BATCH)) return Promise.reject(new Error('the batch has no length, or is too long'));
  const chunks: Buffer[] = [];
  let read = 0;
  return new Promise((resolve, reject) => {
    const onReadable = (): void => {
      for (let chunk = next(request); chunk !== null; chunk = next(request)) {
        chunks.push(chunk);
        read += chunk.length;
        if (read < length) continue;
        const body = Buffer.concat(chunks);
        request.off('readable', onReadable).off('close', onClose).unshift(body);
        resolve(body.toString());
        return;
      }
    };
    const onClose = (): void => reject(new Error('the body of the batch did not come whole'));
    request.on('readable', onReadable).once('close', onClose);
  });
}

const next = (request: IncomingMessage): Buffer | null => request.read() as Buffer | null; // no encoding is set

/**
 * Azurite reads of a batch only addresses that begin with the account (`http://127.0.0.1:10002/account/table`). Those of
 * Azure, which have it in the host, end in 500 (BatchSerialization.js, `extractPath`).
 *
 * @returns as `String.match`: the second member is the table
 */
const tableIn = (uri: string): RegExpMatchArray | null => /^https?:\/\/[^/]+\/(\w+)/i.exec(uri);

/** Taken apart by Azurite's own reader: what it will do is what is asked for. @throws Error when it is no batch */
const operationsIn = (body: string): BatchOperation[] =>
  new TableBatchSerialization()
    .deserializeBatchRequest(body)
    .map(({ httpMethod, path }) => ({ method: httpMethod ?? '', path: path ?? '' }));

/**
 * Lets one batch at a time through, and nothing beside it: Azurite keeps one list of what a batch has changed, so that a
 * batch that fails would take back what others wrote meanwhile, and a second one would end in 500 (LokiTableMetadataStore.js).
 */
class Turns {
  #last: Promise<void> = Promise.resolve();
  /** Requests since the last batch that are not answered yet. */
  #open: Promise<void>[] = [];

  /** @returns when the request may go; it ends with its response */
  async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const ended = new Promise<void>((resolve) => response.once('close', resolve));
    const before = this.#last;
    if (!isTableBatch(request)) {
      this.#open.push(ended);
      void ended.then(() => (this.#open = this.#open.filter((each) => each !== ended)));
      return before;
    }
    const others = this.#open;
    this.#open = [];
    this.#last = ended;
    await Promise.all([before, ...others]);
  }
}

/** A table service's errors are JSON (Table service, "Status and error codes"). */
const written = ({ code, message }: Refusal): { type: string; body: string } => ({
  type: 'application/json',
  body: JSON.stringify({ 'odata.error': { code, message: { lang: 'en-US', value: message } } }),
});

/** What stands in front of Azurite's table service. */
export function tableFront(): FrontedService {
  TableBatchSerialization.prototype.extractPath = tableIn;
  const turns = new Turns();
  return {
    needsOf: async (request, account) =>
      tableNeedsOf(request, account, isTableBatch(request) ? operationsIn(await peek(request)) : []),
    write: written,
    prepare: (request, response) => turns.take(request, response),
  };
}
