/** A resource as a program declares it: what the engine shows to a policy pack, and what tests write down. */
export interface Declared {
  /** As `azure-native:iothub:IotHubResource`. */
  readonly type: string;
  readonly name: string;
  /** Inputs. What a preview does not know yet is not there. */
  readonly props: Readonly<Record<string, unknown>>;
}

/** One resource that breaks a rule. */
export interface Violation {
  /** Name of the resource. */
  readonly name: string;
  /** The property, its value, and what is allowed. */
  readonly message: string;
}

/** A rule over all that a program declares. */
export interface Rule {
  /** Kebab-case; what a policy pack's configuration calls it. */
  readonly name: string;
  readonly description: string;
  readonly check: (declared: readonly Declared[]) => Violation[];
}

/** Marks what a preview cannot know: no rule judges it. */
export const UNKNOWN = Symbol('unknown');

/** @returns the value at a dotted path, {@link UNKNOWN} where a preview knows nothing, undefined where nothing is */
export function at(value: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((from, key) => {
    if (from === UNKNOWN) return UNKNOWN;
    return typeof from === 'object' && from !== null ? (from as Readonly<Record<string, unknown>>)[key] : undefined;
  }, value);
}

/** @returns the elements of the array at a path, those that a preview does not know left out */
export const listAt = (value: unknown, path: string): readonly unknown[] => {
  const found = at(value, path);
  return Array.isArray(found) ? found.filter((one) => one !== UNKNOWN) : [];
};

export const ofType = (declared: readonly Declared[], ...types: readonly string[]): Declared[] =>
  declared.filter(({ type }) => types.includes(type));

/** As a message shows a value. */
export const shown = (value: unknown): string => (value === undefined ? 'not set' : JSON.stringify(value));

/** A rule on each resource of some types: a problem, or undefined for one that keeps it. */
export const each = (
  name: string,
  description: string,
  checks: Readonly<Record<string, (props: Declared['props'], resource: Declared) => readonly (string | undefined)[]>>,
): Rule => ({
  name,
  description,
  check: (declared) =>
    declared.flatMap((resource) =>
      (checks[resource.type]?.(resource.props, resource) ?? []).flatMap((message) =>
        message === undefined ? [] : [{ name: resource.name, message }],
      ),
    ),
});

/** @returns a problem unless the value at the path is allowed or unknown */
export const must = (props: Declared['props'], path: string, ...allowed: readonly unknown[]): string | undefined => {
  const value = at(props, path);
  if (value === UNKNOWN || allowed.includes(value)) return undefined;
  return `${path}: ${shown(value)}, must be ${allowed.map(shown).join(' or ')}`;
};
