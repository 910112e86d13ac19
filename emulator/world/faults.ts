import { randomUUID } from 'node:crypto';
import { matcherOf } from './pattern';
import { seeded } from './random';

/** What goes wrong. Which kinds an operation knows is in docs/emulator/limits-and-levers.md; others do nothing there. */
export type Fault =
  /** The operation is done `ms` later. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** HTTP answers this; MQTT answers it where a topic has a status, and closes the connection elsewhere. */
  | { readonly kind: 'status'; readonly status: number; readonly retryAfterSeconds?: number | undefined }
  /** The connection is cut without a word. */
  | { readonly kind: 'drop' }
  /** The connection stays open, and nothing is ever answered on it again. */
  | { readonly kind: 'halfClose' }
  /** The row of a job is never begun, and fails at the end of the job's window. */
  | { readonly kind: 'stall' };

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
  readonly #operations = new Set<string>();

  /** Names operations that ask {@link at}; whoever asks for them names them first. */
  declare(...operations: readonly string[]): void {
    for (const operation of operations) this.#operations.add(operation);
  }

  /** Names of all operations that a rule can strike, in order. */
  get operations(): string[] {
    return [...this.#operations].sort();
  }

  /** Whether a rule with this pattern could ever strike. */
  isKnown(pattern: string): boolean {
    const matches = matcherOf(pattern, 'i');
    return [...this.#operations].some(matches);
  }

  /**
   * Which fault strikes this operation, by the oldest rule that does. Counts as a strike, so it is asked once for each
   * operation. The same seed and order of operations give the same faults.
   */
  at(operation: string, occasion: Occasion = {}): Fault | undefined {
    if (this.#standing.size === 0) return undefined;
    for (const standing of this.#standing.values()) {
      if (!standing.matches(operation, occasion) || isSpent(standing)) continue;
      if (standing.draw() >= standing.rule.rate) continue;
      standing.struck += 1;
      return standing.rule.fault;
    }
    return undefined;
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
}

const isSpent = ({ rule, struck }: Standing): boolean => rule.times !== undefined && struck >= rule.times;

/** A rule for certain hubs or devices never strikes what belongs to none. */
function matcherFor({ operation, hub, deviceId }: FaultRule): Standing['matches'] {
  const [isOperation, isHub, isDevice] = [matcherOf(operation, 'i'), matcherOf(hub, 'i'), matcherOf(deviceId)];
  return (name, of) => isOperation(name) && isHub(of.hub ?? '') && isDevice(of.deviceId ?? '');
}
