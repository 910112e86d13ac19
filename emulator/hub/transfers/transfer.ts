import { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import type { BlockBlobClient, ContainerClient } from '@azure/storage-blob';
import { runEntry } from '../bulk';
import { ConfigurationInput } from '../configurations/configuration';
import type { Configurations } from '../configurations/configurations';
import { HubError } from '../errors';
import { firstProblem } from '../jobs/spec';
import type { Registry } from '../registry';
import type { Store } from '../../world/store';
import type { Json, JsonObject } from '../../world/json';
import { configurationLine, configurationOf, deviceLine, linesOf } from './lines';
import type { TransferSpec } from './spec';

/** Devices done in one go before others on the event loop get their turn. */
const BURST = 100;
/** What an upload holds in memory at most: two blocks. */
const BLOCK_BYTES = 1024 * 1024;
const BLOCKS = 2;
const CRLF = '\r\n';

/** First line of an export without keys: a live hub writes a text there (see identity.ts); its wording is not published. */
const WITHOUT_KEYS = 'Keys were excluded from this export: devices that are imported from it get new ones.';

/** What a transfer works on. */
export interface TransferWorld {
  readonly devices: Registry;
  readonly configurations: Configurations;
  readonly store: Store;
}

/** The containers of a transfer, with the credential that reaches them. */
export interface Containers {
  readonly input: ContainerClient | undefined;
  readonly output: ContainerClient;
}

/** How far a transfer is. */
export interface Watch {
  readonly signal: AbortSignal;
  /** @param progress 0 to 100 */
  readonly onProgress: (progress: number) => void;
}

/**
 * Makes the output blobs, empty, to learn whether that is allowed.
 *
 * @throws HubError BlobContainerValidationError
 */
export async function checkContainers({ input, output }: Containers, spec: TransferSpec): Promise<void> {
  await output
    .getBlockBlobClient(spec.outputBlobName)
    .upload('', 0)
    .catch(() => {
      throw new HubError('BlobContainerValidationError', 'Unauthorized to write to output blob container.');
    });
  if (spec.type === 'export') return;
  const isReadable = await input
    ?.getBlockBlobClient(spec.inputBlobName)
    .exists()
    .catch(() => undefined);
  if (isReadable === undefined) {
    throw new HubError('BlobContainerValidationError', 'Unauthorized to read from input blob container.');
  }
}

/** Writes every device, its modules after it, and the configurations when asked for; never the whole fleet in memory. */
export async function exportAll(
  world: TransferWorld,
  { output }: Containers,
  spec: TransferSpec,
  watch: Watch,
): Promise<void> {
  await upload(output.getBlockBlobClient(spec.outputBlobName), deviceLines(world, spec, watch), watch);
  if (!spec.includeConfigurations) return;
  const lines = world.configurations.list().map((each) => JSON.stringify(configurationLine(each)) + CRLF);
  await upload(output.getBlockBlobClient(spec.configurationsBlobName), lines, watch);
}

async function* deviceLines(
  { devices }: TransferWorld,
  { excludeKeys }: TransferSpec,
  watch: Watch,
): AsyncGenerator<string> {
  if (excludeKeys) yield WITHOUT_KEYS + CRLF;
  const total = devices.size;
  let done = 0;
  let page = '';
  for (const [, device] of devices.after(0)) {
    for (const each of [device, ...devices.modulesOf(device.identity.deviceId)]) {
      page += JSON.stringify(deviceLine(each, excludeKeys)) + CRLF;
    }
    if (++done % BURST !== 0) continue;
    yield page;
    page = '';
    watch.onProgress(Math.floor((done / Math.max(total, done)) * 99));
    await turn();
  }
  if (page !== '') yield page;
}

/** Does what each line asks for; what goes wrong is written to the error log, and the rest is done. */
export async function importAll(
  world: TransferWorld,
  containers: Containers,
  spec: TransferSpec,
  watch: Watch,
): Promise<void> {
  const { input, output } = containers;
  if (input === undefined) throw new Error('there is no input container'); // the spec asks for one
  const devices = errorLines(world, input.getBlockBlobClient(spec.inputBlobName), watch, (entry) => {
    const missing = typeof entry === 'object' && entry !== null && !('status' in entry) && !('moduleId' in entry);
    if (missing) throw new HubError('ArgumentInvalid', 'status is missing'); // of every line: live hub, see identity.ts
    const failure = runEntry(world.devices, entry);
    if (failure === undefined) return undefined;
    const { error, ...names } = failure;
    return { ...names, errorCode: error.code, errorStatus: error.message };
  });
  await upload(output.getBlockBlobClient(spec.outputBlobName), devices, watch);
  if (!spec.includeConfigurations) return;
  const blob = input.getBlockBlobClient(spec.configurationsBlobName);
  for await (const error of errorLines(world, blob, watch, (entry) => importConfiguration(world, entry))) {
    throw new Error(`a configuration cannot be imported: ${error.trim()}`);
  }
}

async function* errorLines(
  { store }: TransferWorld,
  blob: BlockBlobClient,
  watch: Watch,
  take: (entry: Json) => JsonObject | undefined,
): AsyncGenerator<string> {
  const { readableStreamBody, contentLength = 0 } = await blob.download(0, undefined, { abortSignal: watch.signal });
  if (readableStreamBody === undefined) return;
  let read = 0;
  let lines: string[] = [];
  const all = linesOf(readableStreamBody as AsyncIterable<Buffer>, (count) => (read += count));
  const flush = (): string => {
    const errors = store.batch(() => lines.flatMap((line) => taken(line, take) ?? []));
    lines = [];
    watch.onProgress(Math.min(99, Math.floor((read / Math.max(1, contentLength)) * 100)));
    return errors.map((error) => JSON.stringify(error) + CRLF).join('');
  };
  for await (const line of all) {
    lines.push(line);
    if (lines.length < BURST) continue;
    const errors = flush();
    if (errors !== '') yield errors;
    await turn();
    watch.signal.throwIfAborted();
  }
  const errors = flush();
  if (errors !== '') yield errors;
}

function taken(line: string, take: (entry: Json) => JsonObject | undefined): JsonObject | undefined {
  try {
    return take(JSON.parse(line) as Json);
  } catch (error) {
    if (error instanceof HubError) return { errorCode: error.code, errorStatus: error.message };
    if (error instanceof SyntaxError) return { errorCode: 400006, errorStatus: 'The line is not valid JSON.' };
    throw error;
  }
}

/** Makes the configuration, or updates the one of that id. @throws HubError */
function importConfiguration({ configurations }: TransferWorld, line: Json): undefined {
  const { data, error } = ConfigurationInput.safeParse(configurationOf(line));
  if (error) throw new HubError('ArgumentInvalid', firstProblem(error));
  if (configurations.list().some(({ id }) => id === data.id)) configurations.update(data, '*');
  else configurations.create(data);
}

async function upload(
  blob: BlockBlobClient,
  lines: AsyncIterable<string> | Iterable<string>,
  { signal }: Watch,
): Promise<void> {
  const bytes = Readable.from(lines, { objectMode: false });
  try {
    await blob.uploadStream(bytes, BLOCK_BYTES, BLOCKS, { abortSignal: signal });
  } finally {
    bytes.destroy();
  }
}
