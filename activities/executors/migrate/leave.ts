import { callsInFlight, METHOD_METER } from '../../../domain/limits';
import type { DeviceId } from '../../../domain/ids';
import { outcomeOfAnswer } from '../../../domain/outcome';
import { operationIdOf } from '../../../domain/share';
import type { JsonObject, MethodAction, MigrateAction } from '../../../domain/spec';
import type { DeviceOutcome } from '../../../domain/tally';
import type { MoveSnapshot } from '../../ledger/moves';
import { eachBounded } from '../../pool';
import type { Provisioning } from '../../provisioning-ports';
import { createJobExecutor } from '../job';
import type { Batch, BatchEnd } from '../executor';
import type { Place, Road } from './road';

type MethodTrigger = Extract<MigrateAction['trigger'], { readonly kind: 'method' }>;

/** Devices that are on their way, by when they were told (UTC, ISO 8601), and what became of those that could not be told. */
export interface Told {
  readonly devices: Map<DeviceId, string>;
  readonly outcomes: DeviceOutcome[];
  /** How the hub job ended that told them, where that did not just end. */
  readonly end?: Exclude<BatchEnd, { readonly kind: 'ended' }>;
}

const now = (): string => new Date().toISOString();
const IDENTITIES_AT_ONCE = 8;
const WRITES = 5;

/** What the method is called with: the operation's id, and the other service where a device is to go over to one. */
export const payloadOf = (
  { payload }: MethodTrigger,
  operationId: string,
  to: Provisioning | undefined,
): JsonObject => ({
  ...payload,
  operationId,
  ...(to && { provisioning: { idScope: to.idScope, endpoint: to.endpoint } }),
});

/** Enables or disables an identity, whoever else changes it meanwhile. @returns whether it is there */
export async function setEnabled(road: Road, place: Place, deviceId: DeviceId, enabled: boolean): Promise<boolean> {
  for (let tries = 0; tries < WRITES; tries += 1) {
    const identity = await road.call(() => place.identities.identity(deviceId));
    if (identity === undefined) return false;
    if (identity.enabled === enabled) return true;
    const answer = await road.call(() => place.identities.setEnabled(deviceId, enabled, identity.etag));
    if (answer !== 'changed') return answer === 'done';
  }
  throw new Error(`the identity of ${deviceId} on ${place.name} changed ${WRITES} times while it was written`);
}

/** Makes the devices of a batch ask their provisioning service where they belong. */
export class Farewell {
  readonly #told: Told = { devices: new Map(), outcomes: [] };

  /**
   * @param again whether an earlier try may have told some of them: one that is not there any more may be under way
   * @param go number of the go: told in vain before, a device would take the same operation for one that it knows
   */
  constructor(
    private readonly road: Road,
    private readonly again: boolean,
    private readonly go: number,
  ) {}

  async all(devices: ReadonlyMap<DeviceId, MoveSnapshot>): Promise<Told> {
    const { trigger } = this.road.action;
    const open = [...devices.keys()];
    if (trigger.kind === 'method')
      return trigger.by === 'job' ? this.#byJob(trigger, open) : this.#byCalls(trigger, open);
    if (trigger.kind === 'disable') return this.#disabling(open);
    for (const deviceId of open) this.#told.devices.set(deviceId, now());
    return this.#told;
  }

  #operationId(deviceId: DeviceId): string {
    const { journal } = this.road.action as { readonly journal?: string };
    const marks = [journal, this.go > 1 ? String(this.go) : undefined].filter((mark) => mark !== undefined);
    return [operationIdOf(this.road.batch, deviceId), ...marks].join('.');
  }

  get #other(): Provisioning | undefined {
    return this.road.isOther ? this.road.there : undefined;
  }

  async #byCalls(trigger: MethodTrigger, open: readonly DeviceId[]): Promise<Told> {
    const { road } = this;
    const { hub } = road.home;
    const { name, responseTimeoutMs } = trigger;
    await eachBounded(
      open,
      callsInFlight(hub.sku, 'methods'),
      async (deviceId) => {
        await road.watch.pace(1);
        const payload = payloadOf(trigger, this.#operationId(deviceId), this.#other);
        const places = Math.max(1, Math.ceil(Buffer.byteLength(JSON.stringify(payload)) / METHOD_METER));
        if (road.go()) await hub.turn('methods', places);
        if (!road.go()) return;
        const answer = await road.call(() => hub.invokeMethod(deviceId, { name, payload, responseTimeoutMs }));
        if (answer.kind === 'answered') this.#heard(outcomeOfAnswer(deviceId, answer));
        else if (answer.kind === 'gone') this.#heard({ deviceId, kind: 'succeeded' });
        else this.#heard({ deviceId, kind: answer.kind, detail: answer.detail });
      },
      road.go,
    );
    return this.#told;
  }

  /** One that gave no answer in time may have heard the call all the same. */
  #heard(outcome: DeviceOutcome): void {
    const { deviceId, kind } = outcome;
    const mayHaveLeft = this.again && (kind === 'offline' || kind === 'skipped');
    const mayLeave = kind === 'succeeded' || kind === 'timedOut' || mayHaveLeft;
    if (mayLeave) this.#told.devices.set(deviceId, now());
    else this.#told.outcomes.push(outcome);
  }

  async #byJob(trigger: MethodTrigger, open: readonly DeviceId[]): Promise<Told> {
    const { batch, watch } = this.road;
    const { name, payload, responseTimeoutMs } = trigger;
    if (this.road.go()) await watch.pace(open.length);
    const method: MethodAction = {
      kind: 'method',
      name,
      payload: this.#other
        ? { ...payload, provisioning: { idScope: this.#other.idScope, endpoint: this.#other.endpoint } }
        : payload,
      responseTimeoutMs,
      operationIdField: 'operationId',
    };
    const telling: Batch<MethodAction> = {
      ...batch,
      deed: method,
      devices: batch.devices.filter(({ deviceId }) => open.includes(deviceId)),
      known: [],
    };
    const end = await createJobExecutor().run(telling, watch);
    if (end.kind === 'neverStarted') return { ...this.#told, end };
    for (const outcome of end.outcomes) this.#heard(outcome);
    return end.kind === 'ended' ? this.#told : { ...this.#told, end };
  }

  async #disabling(open: readonly DeviceId[]): Promise<Told> {
    const { road } = this;
    await eachBounded(
      open,
      IDENTITIES_AT_ONCE,
      async (deviceId) => {
        await road.watch.pace(1);
        if (!road.go()) return;
        await setEnabled(road, road.home, deviceId, false);
        this.#told.devices.set(deviceId, now());
      },
      road.go,
    );
    return this.#told;
  }
}
