const SECRET = /\b(SharedAccessKey|AccountKey|SharedAccessSignature)=[^;]*/gi;
const MASK = '****';

/** A connection string as Azure shows it: its key as four stars. */
export const masked = (connectionString: string): string => connectionString.replace(SECRET, `$1=${MASK}`);

/** The parts by name, names in lower case; values may hold `=`. */
export const partsOf = (connectionString: string): ReadonlyMap<string, string> =>
  new Map(
    connectionString.split(';').flatMap((part) => {
      const equals = part.indexOf('=');
      return equals < 0 ? [] : [[part.slice(0, equals).trim().toLowerCase(), part.slice(equals + 1).trim()] as const];
    }),
  );

/** Clients send back what they read: a masked string that fits a present one means that one. */
export const unmasked = (declared: string, present: readonly string[]): string =>
  present.find((one) => masked(one) === declared) ?? declared;

export const isMasked = (connectionString: string): boolean => connectionString.includes(`=${MASK}`);
