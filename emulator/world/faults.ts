import { randomUUID } from 'node:crypto';
import { matcherOf } from './pattern';
import { seeded } from './random';

/** What goes wrong with one operation. */
export type Disruption =
  /** The operation is done `ms` later. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** HTTP answers this; MQTT and AMQP answer it where they have an answer, and close the connection elsewhere. */
  | { readonly kind: 'status'; readonly status: number; readonly retryAfterSeconds?: number | undefined }
  /** The connection is cut without a word. */
  | { readonly kind: 'drop' }
  /** The connection stays open, and nothing is ever answered on it again. */
  | { readonly kind: 'halfClose' }
  /** The row of a job is never begun, and fails at the end of the job's window. */
  | { readonly kind: 'stall' };

/** Results show the state as it was `ms` ago. */
export interface Lag {
  readonly kind: 'lag';
  readonly ms: number;
}

/** What goes wrong. Which kinds an operation knows, whoever asks for it declares. */
export type Fault = Disruption | Lag;
export type FaultKind = Fault['kind'];

/** What can go wrong with a request over HTTPS, and with most other operations. */
export const COMMON_KINDS = ['delay', 'status', 'drop', 'halfClose'] as const;

/** When a fault strikes. */
export interface FaultRule {
  readonly id: string;
  /** Names with `*` for any run of characters: `twins.get`, `mqtt.*`. Compared without case, as `hub` is. */
  readonly operation: string;
  readonly hub: string;
  readonly deviceId: string;
  /** 0 to 1: the share of matching operations that are struck. */
  readonly rate: number;
  readonly seed: number;
  /** How often it may strike; undefined for ever. */
  readonly times: number | undefined;
  readonly fault: Fault;
}

/** What is about to happen, and to whom. */
export interface Occasion {
  readonly hub?: string | undefined;
  readonly deviceId?: string | undefined;
}

interface Standing {
  readonly rule: FaultRule;
  readonly matches: (operation: string, occasion: Occasion) => boolean;
  readonly draw: () => number;
  struck: number;
}

/** The faults that a test has asked for. Without rules, asking costs nothing. */
export class Faults {
  readonly #standing = new Map<string, Standing>();
  readonly #kinds = new Map<string, Set<FaultKind>>();

  /** Names operations that ask {@link at} or {@link lagAt}, and what can go wrong there; whoever asks names them first. */
  declare(kinds: readonly FaultKind[], ...operations: readonly string[]): void {
    for (const operation of operations) {
      this.#kinds.set(operation, new Set([...(this.#kinds.get(operation) ?? []), ...kinds]));
    }
  }

  /** Why a rule could never strike; undefined when it could. */
  problemOf({ operation, fault }: Pick<FaultRule, 'operation' | 'fault'>): string | undefined {
    const matched = [...this.#kinds].filter(([name]) => matcherOf(operation, 'i')(name));
    if (matched.length === 0) {
      return `operation: '${operation}' matches none of ${[...this.#kinds.keys()].sort().join(', ')}`;
    }
    if (matched.some(([, kinds]) => kinds.has(fault.kind))) return undefined;
    const known = new Set(matched.flatMap(([, kinds]) => [...kinds]));
    return `fault.kind: '${fault.kind}' is none of what '${operation}' knows: ${[...known].sort().join(', ')}`;
  }

  /**
   * Which fault strikes this operation, by the oldest rule that does. Counts as a strike, so it is asked once for each
   * operation. The same seed and order of operations give the same faults.
   */
  at(operation: string, occasion: Occasion = {}): Disruption | undefined {
    const isMeant = ({ fault }: FaultRule): boolean => fault.kind !== 'lag' && this.#knows(operation, fault);
    return this.#strike(operation, occasion, isMeant) as Disruption | undefined; // as isMeant says
  }

  /** As {@link at}, for how old the results of the operation are. */
  lagAt(operation: string, occasion: Occasion = {}): Lag | undefined {
    return this.#strike(operation, occasion, ({ fault }) => fault.kind === 'lag') as Lag | undefined; // as it says
  }

  /** All lags that may strike the operation at a hub: what they show has to be remembered. No strike. */
  lagsOf(operation: string, occasion: Occasion): readonly Lag[] {
    if (this.#standing.size === 0) return NONE;
    return [...this.#standing.values()].flatMap(({ rule: { fault }, matches }) =>
      fault.kind === 'lag' && matches(operation, occasion) ? [fault] : [],
    );
  }

  add(given: Omit<FaultRule, 'id'>): FaultRule {
    const rule = { id: randomUUID(), ...given };
    this.#standing.set(rule.id, {
      rule,
      matches: matcherFor(rule),
      draw: seeded(rule.seed),
      struck: 0,
    });
    return rule;
  }

  /** @returns whether there was one */
  remove(id: string): boolean {
    return this.#standing.delete(id);
  }

  clear(): void {
    this.#standing.clear();
  }

  list(): (FaultRule & { readonly struck: number })[] {
    return [...this.#standing.values()].map(({ rule, struck }) => ({ ...rule, struck }));
  }

  #strike(operation: string, occasion: Occasion, isMeant: (rule: FaultRule) => boolean): Fault | undefined {
    if (this.#standing.size === 0) return undefined;
    for (const standing of this.#standing.values()) {
      if (!isMeant(standing.rule) || !standing.matches(operation, occasion) || isSpent(standing)) continue;
      if (standing.draw() >= standing.rule.rate) continue;
      standing.struck += 1;
      return standing.rule.fault;
    }
    return undefined;
  }

  /** A rule for `*` is no strike where its kind means nothing. */
  #knows(operation: string, { kind }: Fault): boolean {
    return this.#kinds.get(operation)?.has(kind) ?? false;
  }
}

const NONE: readonly Lag[] = [];

const isSpent = ({ rule, struck }: Standing): boolean => rule.times !== undefined && struck >= rule.times;

/** A rule for certain hubs or devices never strikes what belongs to none. */
function matcherFor({ operation, hub, deviceId }: FaultRule): Standing['matches'] {
  const [isOperation, isHub, isDevice] = [matcherOf(operation, 'i'), matcherOf(hub, 'i'), matcherOf(deviceId)];
  return (name, of) => isOperation(name) && isHub(of.hub ?? '') && isDevice(of.deviceId ?? '');
}
