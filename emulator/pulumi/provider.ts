import type { ArmClient } from './arm-client';
import { type Changes, changesOf, replacingPaths } from './diff';
import { autoName, isAutoName } from './naming';
import { FUNCTIONS, parametersOf, type TypeEntry, TYPES } from './table';
import { bodyOf, importedInputs, outputsOf, parametersFromId, pathOf, previewOf, refreshedInputs } from './translate';
import { compact, isArray, isObject, type Properties, secret, UNKNOWN, type Value } from './values';

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

/** What the provider asks of the Resource Manager. */
export type Arm = Pick<ArmClient, 'subscriptionId' | 'clientConfig' | 'find' | 'send' | 'put' | 'delete'>;

const known = (table: object): string => Object.keys(table).join(', ');

/** The type's entry. The token is `azure-native:<module>:<Type>`. */
function entryOf(type: string): TypeEntry {
  const entry = TYPES[type];
  if (entry !== undefined) return entry;
  throw new Error(
    `the local azure-native provider does not know ${type}; it knows ${known(TYPES)} (emulator/pulumi/table.ts, docs/emulator/arm.md)`,
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
  constructor(
    private readonly arm: Arm,
    private readonly location: string | undefined,
  ) {}

  /** Fills in names and locations that the program leaves open, and names what is missing. */
  async check(type: string, name: string, olds: Properties, news: Properties, seed: Uint8Array): Promise<CheckResult> {
    const entry = entryOf(type);
    const inputs = { ...news };
    const failures: { property: string; reason: string }[] = [];
    const { naming } = entry;
    if (naming && inputs[naming.input] === undefined) {
      try {
        inputs[naming.input] = olds[naming.input] ?? autoName(naming, name, seed);
      } catch (cause) {
        failures.push({ property: naming.input, reason: cause instanceof Error ? cause.message : String(cause) });
      }
    }
    if (entry.located && inputs['location'] === undefined) {
      const location = olds['location'] ?? (await this.#defaultLocation(inputs));
      if (location === undefined)
        failures.push({ property: 'location', reason: 'is required: set it, or azure-native:location' });
      else inputs['location'] = location;
    }
    const missing = parametersOf(entry).filter((input) => inputs[input] === undefined && input !== naming?.input);
    failures.push(...missing.map((property) => ({ property, reason: 'is required' })));
    return { inputs, failures };
  }

  /** @param oldInputs what the last `check` gave */
  diff(type: string, name: string, oldInputs: Properties, news: Properties): DiffResult {
    const entry = entryOf(type);
    const changes = changesOf(oldInputs, news);
    const replaces = replacingPaths(entry, changes);
    const hasSameId = parametersOf(entry).every((input) => oldInputs[input] === news[input]);
    const isRenamed = entry.naming !== undefined && isAutoName(entry.naming, name, news[entry.naming.input]);
    return { changes, replaces, deleteBeforeReplace: replaces.length > 0 && hasSameId && !isRenamed };
  }

  /** @throws Error when the resource exists already: it has to be imported */
  async create(type: string, inputs: Properties, preview: boolean): Promise<State> {
    const entry = entryOf(type);
    if (preview) return { id: '', outputs: previewOf(entry, inputs), inputs };
    const id = pathOf(entry, inputs, this.arm.subscriptionId);
    if ((await this.arm.find(id, entry.apiVersion)) !== undefined) {
      throw new Error(`cannot create already existing resource '${id}': import it, or choose another name`);
    }
    return this.#put(entry, id, inputs);
  }

  async update(type: string, id: string, olds: Properties, inputs: Properties, preview: boolean): Promise<State> {
    const entry = entryOf(type);
    if (preview) return { id, outputs: { ...olds, ...previewOf(entry, inputs) }, inputs };
    return this.#put(entry, id, inputs);
  }

  /** @param declared the inputs so far; undefined or empty for an import */
  async read(type: string, id: string, declared: Properties): Promise<State> {
    const entry = entryOf(type);
    if (parametersFromId(entry, id) === undefined)
      throw new Error(`'${id}' is no id of a ${type}, whose form is ${entry.path}`);
    const resource = await this.arm.find(id, entry.apiVersion);
    if (resource === undefined) return { id: '', outputs: {}, inputs: {} };
    const outputs = outputsOf(entry, resource);
    const isImport = Object.keys(declared).length === 0;
    return {
      id,
      outputs,
      inputs: isImport ? importedInputs(entry, id, outputs) : refreshedInputs(entry, declared, outputs),
    };
  }

  delete(type: string, id: string): Promise<void> {
    return this.arm.delete(id, entryOf(type).apiVersion);
  }

  async invoke(token: string, args: Properties): Promise<Properties> {
    if (token === 'azure-native:authorization:getClientConfig') return this.arm.clientConfig();
    const entry = FUNCTIONS[token];
    if (entry === undefined) {
      throw new Error(
        `the local azure-native provider does not know ${token}; it knows ${known(FUNCTIONS)} (emulator/pulumi/table.ts)`,
      );
    }
    const path = pathOf(entry, args, this.arm.subscriptionId);
    const answer = await this.arm.send(entry.method, path, entry.apiVersion);
    const id = isObject(answer) && answer['id'] !== undefined ? { id: answer['id'] } : {};
    const outputs =
      entry.answers !== undefined && isObject(answer)
        ? { ...outputsOf(entryOf(entry.answers), answer), ...id }
        : answer;
    return withSecrets(compact(outputs), entry.secrets) as Properties;
  }

  async #put(entry: TypeEntry, id: string, inputs: Properties): Promise<State> {
    const resource = await this.arm.put(id, entry.apiVersion, bodyOf(entry, inputs));
    const canonical = typeof resource['id'] === 'string' ? resource['id'] : id;
    return { id: canonical, outputs: outputsOf(entry, resource), inputs };
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
