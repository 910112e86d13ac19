/** Environment variables by name; undefined is the same as absent. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Variables that point programs at another Temporal, Azure or Pulumi than the local ones. Any of them left in the
 * environment could send a local program to production.
 */
const FOREIGN = /^(TEMPORAL|AZURE|ARM|PULUMI|IDENTITY|MSI|IOTHUB_EMULATOR)_/;

/** @returns a copy without anything that could lead a program out of the local stack */
export const withoutForeign = (environment: Environment): Environment =>
  Object.fromEntries(Object.entries(environment).filter(([name]) => !FOREIGN.test(name)));

/** Difference between two environments. */
export interface EnvironmentChange {
  /** Variables that are new or different, sorted by name. */
  readonly set: Readonly<Record<string, string>>;
  /** Variables that are gone, sorted. */
  readonly unset: readonly string[];
}

/** @returns what turns `before` into `after` */
export function changeOf(before: Environment, after: Environment): EnvironmentChange {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  const changed = names.filter((name) => before[name] !== after[name]);
  return {
    set: Object.fromEntries(
      changed.flatMap((name) => {
        const value = after[name];
        return value === undefined ? [] : [[name, value]];
      }),
    ),
    unset: changed.filter((name) => after[name] === undefined),
  };
}

const quoted = (value: string): string => `'${value.replaceAll("'", `'\\''`)}'`;

/**
 * Writes a change as commands of a POSIX shell.
 *
 * @example shellLines({ set: { A: 'b c' }, unset: ['D'] }) // => ["export A='b c'", 'unset D']
 */
export const shellLines = ({ set, unset }: EnvironmentChange): string[] => [
  ...Object.entries(set).map(([name, value]) => `export ${name}=${quoted(value)}`),
  ...unset.map((name) => `unset ${name}`),
];
