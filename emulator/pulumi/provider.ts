import { type Changes, changesOf, replacingPaths } from './diff';
import { PartialStateError, UnfinishedError } from './errors';
import { autoName, isAutoName, namingOf } from './naming';
import { type Arm, Resources } from './resources';
import { drifted, foreseen, projected } from './schema/convert';
import { problemsOf } from './schema/problems';
import { type AzureType, FUNCTIONS, parametersOf, TYPES } from './types';
import { importedInputs, outputsOf, overlaid, parametersFromId, pathOf } from './translate';
import { compact, isArray, isObject, type Properties, secret, UNKNOWN, type Value } from './values';

export type { Arm } from './resources';

export interface CheckResult {
  readonly inputs: Properties;
  readonly failures: readonly { readonly property: string; readonly reason: string }[];
}

export interface DiffResult {
  readonly changes: Changes;
  readonly replaces: readonly string[];
  readonly deleteBeforeReplace: boolean;
}

/** A resource as the engine keeps it. `id` is '' when there is none. */
export interface State {
  readonly id: string;
  readonly outputs: Properties;
  readonly inputs: Properties;
}

const known = (table: object): string => Object.keys(table).join(', ');

/** The type's entry. The token is `azure-native:<module>:<Type>`. */
function entryOf(type: string): AzureType {
  const entry = TYPES[type];
  if (entry !== undefined) return entry;
  throw new Error(
    `the local azure-native provider does not know ${type}; it knows ${known(TYPES)} (emulator/pulumi/types, docs/emulator/arm.md)`,
  );
}

/** Wraps the values of the named keys, at any depth. */
function withSecrets(value: Value, keys: readonly string[]): Value {
  if (isArray(value)) return value.map((one) => withSecrets(one, keys));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner = null]) => [
      key,
      keys.includes(key) ? secret(inner) : withSecrets(inner, keys),
    ]),
  );
}

/** The local azure-native provider: the operations of a Pulumi resource provider over the emulator's Resource Manager. */
export class AzureNative {
  readonly #resources: Resources;

  constructor(
    private readonly arm: Arm,
    private readonly location: string | undefined,
  ) {
    this.#resources = new Resources(arm);
  }

  /** Fills in names and locations that the program leaves open, and names what is missing or does not belong. */
  async check(type: string, name: string, olds: Properties, news: Properties, seed: Uint8Array): Promise<CheckResult> {
    const entry = entryOf(type);
    const inputs: Record<string, Value | undefined> = { ...news };
    const naming = namingOf(entry);
    if (naming && inputs[naming.input] === undefined)
      inputs[naming.input] = olds[naming.input] ?? autoName(naming.kind, name, seed);
    if ('location' in entry.inputs && inputs['location'] === undefined)
      inputs['location'] = olds['location'] ?? (await this.#defaultLocation(inputs));
    const problems = [...problemsOf(entry.inputs, compact(inputs) as Properties, '', type)];
    const failures = problems.map(({ path, reason }) => ({ property: path, reason }));
    if ('location' in entry.inputs && inputs['location'] === undefined)
      failures.push({ property: 'location', reason: 'is required: set it, or azure-native:location' });
    return { inputs, failures };
  }

  /** @param oldInputs what the last `check` gave */
  diff(type: string, name: string, oldInputs: Properties, news: Properties): DiffResult {
    const entry = entryOf(type);
    const changes = changesOf(oldInputs, news);
    const replaces = replacingPaths(entry, changes);
    const hasSameId = parametersOf(entry).every((input) => oldInputs[input] === news[input]);
    const naming = namingOf(entry);
    const isRenamed = naming !== undefined && isAutoName(naming.kind, name, news[naming.input]);
    return { changes, replaces, deleteBeforeReplace: replaces.length > 0 && hasSameId && !isRenamed };
  }

  /**
   * @throws Error             when the resource exists already: it has to be imported
   * @throws PartialStateError when it is there in spite of a failure
   */
  async create(type: string, inputs: Properties, preview: boolean): Promise<State> {
    const entry = entryOf(type);
    if (preview) return { id: '', outputs: foreseen(entry.outputs, inputs), inputs };
    const id = pathOf(entry, inputs, this.arm.subscriptionId);
    if (await this.#resources.isTaken(entry, id)) {
      throw new Error(`cannot create already existing resource '${id}': import it, or choose another name`);
    }
    try {
      return await this.#put(entry, id, inputs);
    } catch (cause) {
      throw await this.#partial(entry, id, inputs, cause);
    }
  }

  /**
   * @param oldInputs kept when the update is taken and fails later, so that the next `up` sees the change again
   * @throws PartialStateError when that happens
   */
  async update(
    type: string,
    id: string,
    olds: Properties,
    inputs: Properties,
    preview: boolean,
    oldInputs: Properties = {},
  ): Promise<State> {
    const entry = entryOf(type);
    if (preview) return { id, outputs: overlaid(olds, outputNames(entry, inputs)) as Properties, inputs };
    try {
      return await this.#put(entry, id, inputs);
    } catch (cause) {
      throw cause instanceof UnfinishedError ? await this.#partial(entry, id, oldInputs, cause) : cause;
    }
  }

  /**
   * @param declared the inputs so far; empty for an import
   * @param before   the outputs so far: what differs from them now is drift
   */
  async read(type: string, id: string, declared: Properties, before: Properties = {}): Promise<State> {
    const entry = entryOf(type);
    if (parametersFromId(entry, id) === undefined)
      throw new Error(`'${id}' is no id of a ${type}, whose form is ${entry.path}`);
    const resource = await this.#resources.find(entry, id);
    if (resource === undefined) return { id: '', outputs: {}, inputs: {} };
    const outputs = outputsOf(entry, resource);
    if (Object.keys(declared).length === 0) return { id, outputs, inputs: importedInputs(entry, id, outputs) };
    const [was, is] = [before, outputs].map((one) => compact(projected(entry.inputs, one)));
    return { id, outputs, inputs: drifted(declared, was, is) as Properties };
  }

  delete(type: string, id: string): Promise<void> {
    return this.#resources.delete(entryOf(type), id);
  }

  async invoke(token: string, args: Properties): Promise<Properties> {
    if (token === 'azure-native:authorization:getClientConfig') return this.arm.clientConfig();
    const entry = FUNCTIONS[token];
    if (entry === undefined) {
      throw new Error(
        `the local azure-native provider does not know ${token}; it knows ${known(FUNCTIONS)} (emulator/pulumi/types)`,
      );
    }
    const path = pathOf(entry, args, this.arm.subscriptionId);
    const answer = await this.arm.send(entry.method, path, entry.apiVersion);
    const id = answer['id'] !== undefined ? { id: answer['id'] } : {};
    const outputs = entry.answers === undefined ? answer : { ...outputsOf(entryOf(entry.answers), answer), ...id };
    return withSecrets(compact(outputs), entry.secrets) as Properties;
  }

  /** Ends what is under way; what Azure has taken by then is told as a partial state. */
  cancel(): void {
    this.arm.cancel();
  }

  async #put(entry: AzureType, id: string, inputs: Properties): Promise<State> {
    const resource = await this.#resources.put(entry, id, inputs);
    const canonical = typeof resource['id'] === 'string' ? resource['id'] : id;
    return { id: canonical, outputs: outputsOf(entry, resource), inputs };
  }

  /** What is there after a failure, or the failure itself when nothing is. */
  async #partial(entry: AzureType, id: string, inputs: Properties, cause: unknown): Promise<unknown> {
    const found = await this.#resources.find(entry, id).catch(() => undefined);
    return found === undefined ? cause : new PartialStateError(id, outputsOf(entry, found), inputs, cause);
  }

  /** The provider's location, else that of the resource group, which a preview may not know yet. */
  async #defaultLocation({ resourceGroupName }: Properties): Promise<Value | undefined> {
    if (this.location !== undefined) return this.location;
    if (typeof resourceGroupName !== 'string') return undefined;
    if (resourceGroupName === UNKNOWN) return UNKNOWN;
    const group = entryOf('azure-native:resources:ResourceGroup');
    const path = pathOf(group, { resourceGroupName }, this.arm.subscriptionId);
    return (await this.arm.find(path, group.apiVersion))?.['location'] ?? UNKNOWN;
  }
}

/** Inputs that are outputs too: names in the path are not. */
const outputNames = ({ outputs }: AzureType, inputs: Properties): Properties =>
  Object.fromEntries(Object.entries(inputs).filter(([name]) => name in outputs));
