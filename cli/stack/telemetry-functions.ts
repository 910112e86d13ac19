import type { StackOutputs } from '../../spec/stack-outputs';
import type { Inspection } from '../../tools';

const KNOWN = { name: 'telemetry functions', needed: 'for the page to show devices' };
const ANSWER_WITHIN_MS = 10_000;

/** Asks with no credential. @returns the status @throws when there is no answer */
export type AskStatus = (url: URL) => Promise<number>;

const ask: AskStatus = async (url) =>
  (await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(ANSWER_WITHIN_MS) })).status;

function noteOn(status: number): string {
  if (status === 404) return 'have no such function: their code is not deployed yet (docs/telemetry.md)';
  if (status < 400) return `answer ${status} to who shows nothing, in place of 401: nothing may pass without`;
  return `answer ${status} to who shows nothing, in place of 401: look at their log`;
}

/**
 * Looks whether the functions that the page asks about devices answer, and refuse who shows nothing.
 *
 * @returns nothing for a stack without telemetry
 */
export async function inspectTelemetry(
  { telemetry }: StackOutputs,
  asked: AskStatus = ask,
): Promise<readonly Inspection[]> {
  if (telemetry === undefined) return [];
  const url = new URL('/api/getdevicestate', telemetry.functionsUrl);
  const row = { ...KNOWN, path: url.href };
  try {
    const status = await asked(url);
    if (status === 401 || status === 403)
      return [{ ...row, status: 'found', note: 'answer, and refuse who shows nothing' }];
    return [{ ...row, status: 'missing', note: noteOn(status) }];
  } catch {
    const note = 'do not answer: on the local stack look at logs/functions.log, on Azure at the function app';
    return [{ ...row, status: 'missing', note }];
  }
}
