import { normalized, problemsOf, type Problem } from './check';
import { differences, diffOf, type Diff } from './diff';
import { hasStatus, isNameUnknown, ServiceFailure } from './failures';
import { idOf, nameOf, type EnrollmentInputs, type EnrollmentState } from './inputs';
import { inputsOf, recordOf } from './record';
import { realTime, retried, type Patience, type Timing } from './retry';
import type { EnrollmentApi, EnrollmentRecord, Keys } from './service';

/** How operations reach the world. */
export interface World {
  /** The service API with the caller's rights. Keys that it needs live no longer than the operation. */
  connect(inputs: EnrollmentInputs): Promise<EnrollmentApi>;
  /** Whether the provisioning service itself is gone, as the Resource Manager has it; false when that cannot be told. */
  isServiceGone(inputs: EnrollmentInputs): Promise<boolean>;
  /** Tells the person at the engine. */
  say(text: string): void;
  readonly time?: Timing;
}

interface Created {
  readonly id: string;
  readonly outs: EnrollmentState;
}
/** Without an id: it is gone. */
interface Found {
  readonly id?: string;
  readonly props?: EnrollmentState;
  readonly inputs?: EnrollmentInputs;
}

/** Shown in place of a key that somebody else has set: that it differs is told, but not to what. */
const ANOTHER_KEY = '(another key than the declared one)';
const REFRESH = 'run `pulumi refresh` to see what it is now, then `pulumi up`';

/**
 * The operations of a Pulumi resource provider, on enrollments. What somebody else has changed since the state was
 * written is never overwritten: the record's etag and values are compared first, and each write holds the etag.
 */
export class Enrollments {
  constructor(private readonly world: World) {}

  check(_olds: unknown, news: object): { inputs: EnrollmentInputs; failures: Problem[] } {
    const inputs = normalized(news);
    return { inputs, failures: problemsOf(inputs) };
  }

  diff(_id: string, olds: EnrollmentState, news: EnrollmentInputs): Diff {
    return diffOf(olds, news);
  }

  async create(inputs: EnrollmentInputs): Promise<Created> {
    const api = await this.#connect(inputs);
    let isUnsure = false; // whether an attempt that seemed to fail may have made it
    const patience: Patience = {
      waitForAccess: true,
      onWait: (failure, ms) => {
        isUnsure ||= failure.status === undefined || failure.status >= 500;
        this.#tell(inputs, failure, ms);
      },
    };
    try {
      return createdOf(await this.#retried(() => api.put(recordOf(inputs)), patience), inputs);
    } catch (cause) {
      if (hasStatus(cause, 409)) return await this.#takeOver(api, inputs, inputs.adopt || isUnsure);
      throw explained(cause, inputs, 'create');
    }
  }

  /** One that is there already is taken only when it is wanted, and all that was declared is so. */
  async #takeOver(api: EnrollmentApi, inputs: EnrollmentInputs, isWanted: boolean): Promise<Created> {
    const record = await this.#retried(() => api.get(idOf(inputs)));
    if (record === undefined)
      throw new Error(`${nameOf(inputs)} was there, and is gone again: run \`pulumi up\` again`);
    const differs = differences(await this.#present(api, record, inputs), inputs);
    const place = `${nameOf(inputs)} exists already in ${inputs.serviceHostName}`;
    if (differs.length > 0) {
      throw new Error(
        `${place}, and differs from the program in ${differs.join(', ')}. Nothing was changed. Make the program say what is there and set \`adopt: true\`, or delete it`,
      );
    }
    if (!isWanted)
      throw new Error(`${place}, as the program declares it. Set \`adopt: true\` to take it over, or delete it`);
    return createdOf(record, inputs);
  }

  async read(id: string, state: EnrollmentState): Promise<Found> {
    try {
      const api = await this.#connect(state);
      const record = await this.#retried(() => api.get(id));
      if (record === undefined) return {};
      const inputs = await this.#present(api, record, state);
      return { id, inputs, props: { ...inputs, etag: record.etag ?? '' } };
    } catch (cause) {
      if (mayBeGone(cause) && (await this.world.isServiceGone(state))) return {};
      throw explained(cause, state, 'read');
    }
  }

  async update(id: string, olds: EnrollmentState, news: EnrollmentInputs): Promise<{ outs: EnrollmentState }> {
    try {
      const api = await this.#connect(news);
      const patience = { waitForAccess: true, onWait: this.#teller(news) };
      const record = await this.#retried(() => api.get(id), patience);
      if (record === undefined) throw new Error(`${nameOf(news)} is gone: ${REFRESH}, which makes it anew`);
      await this.#requireUnchanged(api, record, olds);
      if (differences(olds, news).length === 0) return { outs: { ...news, etag: record.etag ?? '' } };
      const keys = await this.#keysFor(api, news);
      const written = await this.#retried(() => api.put(recordOf(news, record, keys), record.etag));
      return { outs: { ...news, etag: written.etag ?? '' } };
    } catch (cause) {
      throw explained(cause, news, 'update');
    }
  }

  async delete(id: string, state: EnrollmentState): Promise<void> {
    try {
      const api = await this.#connect(state);
      const record = await this.#retried(() => api.get(id));
      if (record === undefined) return;
      await this.#requireUnchanged(api, record, state);
      await this.#retried(() => api.delete(id, record.etag ?? ''));
    } catch (cause) {
      if (mayBeGone(cause) && (await this.world.isServiceGone(state))) return;
      throw explained(cause, state, 'delete');
    }
  }

  /** Another etag with the same values is no conflict. @throws Error that names the values */
  async #requireUnchanged(api: EnrollmentApi, record: EnrollmentRecord, state: EnrollmentState): Promise<void> {
    if (record.etag === state.etag) return;
    const changed = differences(await this.#present(api, record, state), state);
    if (changed.length === 0) return;
    throw new Error(
      `${nameOf(state)} was changed by somebody else since the last update, in ${changed.join(', ')}. Nothing was overwritten: ${REFRESH}`,
    );
  }

  /** What is there, as inputs. Keys that the program gave are looked up, since somebody may have changed them. */
  async #present(api: EnrollmentApi, record: EnrollmentRecord, declared: EnrollmentInputs): Promise<EnrollmentInputs> {
    const inputs = inputsOf(record, declared);
    if (inputs.primaryKey === undefined || inputs.attestation !== 'symmetricKey') return inputs;
    const { primaryKey, secondaryKey } = await this.#retried(() => api.keys(idOf(declared)));
    const shown = (present: string, own: string | undefined) => (present === own ? own : ANOTHER_KEY);
    return {
      ...inputs,
      primaryKey: shown(primaryKey, declared.primaryKey),
      secondaryKey: shown(secondaryKey, declared.secondaryKey),
    };
  }

  /** Devices' keys must outlive an update, whatever a service does to a record that comes without them. */
  async #keysFor(
    api: EnrollmentApi,
    { attestation, primaryKey, ...rest }: EnrollmentInputs,
  ): Promise<Keys | undefined> {
    if (attestation !== 'symmetricKey' || primaryKey !== undefined) return undefined;
    return this.#retried(() => api.keys(idOf({ attestation, ...rest })));
  }

  #connect(inputs: EnrollmentInputs): Promise<EnrollmentApi> {
    return this.#retried(() => this.world.connect(inputs));
  }

  #retried<T>(call: () => Promise<T>, patience: Patience = {}): Promise<T> {
    return retried(call, patience, this.world.time ?? realTime);
  }

  #teller = (inputs: EnrollmentInputs) => (failure: ServiceFailure, ms: number) => this.#tell(inputs, failure, ms);

  #tell(inputs: EnrollmentInputs, failure: ServiceFailure, ms: number): void {
    this.world.say(`${nameOf(inputs)} waits ${Math.ceil(ms / 1000)} s: ${reasonOf(failure, inputs)}`);
  }
}

const createdOf = (record: EnrollmentRecord, inputs: EnrollmentInputs): Created => ({
  id: idOf(inputs),
  outs: { ...inputs, etag: record.etag ?? '' },
});

/** A service that is gone has no name, or refuses everybody. */
const mayBeGone = (cause: unknown): boolean => isNameUnknown(cause) || hasStatus(cause, 401, 403, 404);

function reasonOf(failure: ServiceFailure, { serviceHostName, auth }: EnrollmentInputs): string {
  if (hasStatus(failure, 429)) return `${serviceHostName} is throttling`;
  if (hasStatus(failure, 401, 403))
    return `${serviceHostName} gives no access${auth === 'entra' ? ' yet; a new role assignment takes minutes to work' : ''}`;
  return failure.message;
}

/** In words that say what to do. */
function explained(cause: unknown, inputs: EnrollmentInputs, what: string): Error {
  if (!(cause instanceof ServiceFailure)) return cause instanceof Error ? cause : new Error(String(cause));
  const { status, message } = cause;
  const problem = `cannot ${what} ${nameOf(inputs)} in ${inputs.serviceHostName}: ${message}`;
  if (status === 412) return new Error(`${problem}. Somebody changed it at the same time: ${REFRESH}`, { cause });
  if (status === 401 || status === 403) return new Error(`${problem}. ${needOf(inputs)}`, { cause });
  return new Error(problem, { cause });
}

const needOf = ({ auth }: EnrollmentInputs): string =>
  auth === 'entra'
    ? 'Whoever runs Pulumi needs the role "Device Provisioning Service Data Contributor" on the service'
    : 'The shared access policy needs EnrollmentRead and EnrollmentWrite, and network rules must let this machine in';
