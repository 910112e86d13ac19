import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReportStep } from '../types';

const CONNECT_WITHIN_MS = 5_000;
const STALL_MS = 30_000;
const MIB = 1024 * 1024;

/**
 * Sends a GET request and gives up soon when nobody answers.
 *
 * @returns a response with a 2xx status, whose body ends with an error when it stalls for 30 s
 * @throws when the host cannot be reached within 5 s, or answers with another status
 */
export async function request(url: string, signal: AbortSignal): Promise<Response> {
  const early = new AbortController();
  const timer = setTimeout(
    () => early.abort(new Error(`no answer within ${CONNECT_WITHIN_MS / 1000} s`)),
    CONNECT_WITHIN_MS,
  );
  try {
    const response = await fetch(url, { signal: AbortSignal.any([signal, early.signal]) });
    if (!response.ok) throw new Error(`status ${response.status}`);
    return response;
  } catch (error) {
    throw new Error(`could not get ${url}`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

/** Writes a URL's body to a file, reporting how much has come. */
export async function download(url: string, file: string, { report, signal }: Watch): Promise<void> {
  const response = await request(url, signal);
  if (!response.body) throw new Error(`${url} has no body`);
  const size = Number(response.headers.get('content-length') ?? Number.NaN);
  const stall = new AbortController();
  const progress = watched(size, stall, report);
  const stop = AbortSignal.any([signal, stall.signal]);
  await pipeline(Readable.fromWeb(response.body), progress, createWriteStream(file), { signal: stop });
}

/** Who hears of progress, and who may stop the work. */
export interface Watch {
  readonly report: ReportStep;
  readonly signal: AbortSignal;
}

function watched(size: number, stall: AbortController, report: ReportStep) {
  return async function* (chunks: AsyncIterable<Buffer>) {
    const onStall = () => stall.abort(new Error(`no data for ${STALL_MS / 1000} s`));
    let timer = setTimeout(onStall, STALL_MS);
    let received = 0;
    try {
      for await (const chunk of chunks) {
        clearTimeout(timer);
        timer = setTimeout(onStall, STALL_MS);
        received += chunk.length;
        const whole = Number.isNaN(size) ? '' : ` of ${Math.ceil(size / MIB)}`;
        report('download', `${Math.floor(received / MIB)}${whole} MiB`);
        yield chunk;
      }
    } finally {
      clearTimeout(timer);
    }
  };
}

/**
 * The SHA-256 that a list of checksums gives for a file.
 *
 * @param list lines of `<hex digest>  <file name>`, as sha256sum writes them
 * @throws when the file is not in the list
 */
export function digestFrom(list: string, file: string): string {
  const fields = list.split('\n').map((line) => line.trim().split(/\s+/));
  const digest = fields.find(([, name]) => name?.replace(/^\*/, '') === file)?.[0];
  if (digest === undefined) throw new Error(`the list of checksums does not name ${file}`);
  return digest.toLowerCase();
}

/** @throws when the file's SHA-256 is another than the expected one */
export async function verifyDigest(file: string, expected: string): Promise<void> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  const actual = hash.digest('hex');
  if (actual !== expected) throw new Error(`checksum mismatch: expected SHA-256 ${expected}, got ${actual}`);
}
