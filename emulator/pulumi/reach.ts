import { MissingEmulatorError } from './errors';

/** Why fetch failed, as one line; undici hides it in the cause. */
const reasonOf = (cause: unknown): string => {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  return inner instanceof Error ? inner.message : String(inner);
};

/** `fetch`, with an error that says what to do when nothing answers. */
export async function reach(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (cause) {
    throw new MissingEmulatorError(`nothing answers at ${new URL(url).origin} (${reasonOf(cause)})`, cause);
  }
}
