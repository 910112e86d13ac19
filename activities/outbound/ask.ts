/** Answers are read up to here: those that Groundswell asks for are small. */
const MAX_BYTES = 256 * 1024;

/** What came back, or why nothing did, in words without secrets: headers and the query of the address are left out. */
export type Answer =
  | { readonly kind: 'answered'; readonly status: number; readonly text: string }
  | { readonly kind: 'redirected'; readonly status: number }
  | { readonly kind: 'failed'; readonly reason: string };

export interface Question {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly timeoutMs: number;
  /** Ends the call early. */
  readonly signal?: AbortSignal;
}

/** Whom an address means, for people: never its path or query, where some services keep their secret. */
export function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'an address that is none';
}

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/** A secret goes over TLS, or stays on this machine. */
export const mayCarrySecrets = (url: string): boolean => {
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' || LOOPBACK.test(hostname);
};

class TooLong extends Error {
  override readonly name = 'TooLong';
}

async function textOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > MAX_BYTES) throw new TooLong(); // leaving the loop closes the connection
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** `fetch failed` says nothing; its cause has a code, such as ECONNREFUSED or a TLS fault. */
function reasonOf(error: unknown): string {
  if (error instanceof TooLong) return `the answer is longer than ${MAX_BYTES} bytes`;
  if (typeof error !== 'object' || error === null || !('cause' in error)) return 'the call failed';
  const { cause } = error;
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined;
  return typeof code === 'string' ? `the call failed: ${code}` : 'the call failed';
}

/** POSTs once. Certificates are verified, redirects are not followed; the whole exchange ends within the time-out. */
export async function ask({ url, headers, body, timeoutMs, signal }: Question): Promise<Answer> {
  const limit = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers,
      body,
      redirect: 'manual',
      signal: signal === undefined ? limit : AbortSignal.any([limit, signal]),
    });
    const { status } = response;
    if (status >= 300 && status <= 399) {
      await response.body?.cancel();
      return { kind: 'redirected', status };
    }
    return { kind: 'answered', status, text: await textOf(response) };
  } catch (error) {
    signal?.throwIfAborted();
    return { kind: 'failed', reason: limit.aborted ? `no answer within ${timeoutMs} ms` : reasonOf(error) };
  }
}

/** An answer that is no success, in words. */
export const troubleText = (answer: Exclude<Answer, { kind: 'answered' }>): string =>
  answer.kind === 'redirected' ? `answered ${answer.status}, a redirect, which is not followed` : answer.reason;

/** Text from outside, cut for people and for histories. */
export const cut = (text: string, most = 500): string => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

/** @returns the value, or undefined when the text is no JSON */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
