/** One rewrite of a dial: `port` of a host equal to or below `suffix` (lower case) is 127.0.0.1:`to`. */
export interface Redirect {
  readonly suffix: string;
  readonly port: number;
  readonly to: number;
}

/** What becomes of a dial: to a port of this machine, refused in words, or (undefined) none of the emulator's. */
export type Verdict = { readonly to: number } | { readonly refusal: string } | undefined;

/**
 * Where a dial of `host:port` goes. The one place that reads the table in Node; exec/python/.../redirects.py is its twin.
 *
 * @param host any case; the emulator's names are those equal to or below a suffix of the table
 */
export function verdictOn(redirects: readonly Redirect[], host: string, port: number): Verdict {
  const name = host.toLowerCase();
  const suffix = redirects.find((each) => name === each.suffix || name.endsWith(`.${each.suffix}`))?.suffix;
  if (suffix === undefined) return undefined;
  const to = redirects.find((each) => each.suffix === suffix && each.port === port)?.to;
  return to === undefined ? { refusal: `iothub-emulator serves no port ${port} of ${host}` } : { to };
}
