/**
 * Decodes a part of a URI that may come from anybody.
 *
 * @returns undefined when it is not encoded properly: a stray `%`, or bytes that are no UTF-8
 * @example decodedUri('a%20b') // => 'a b'
 * @example decodedUri('100%')  // => undefined
 */
export function decodedUri(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** As {@link decodedUri}; a text that cannot be decoded is taken as it stands: no id or name of ours is like it. */
export const decodedOrAsIs = (text: string): string => decodedUri(text) ?? text;
