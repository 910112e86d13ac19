import { badRequest } from '../errors';
import { placeOf } from '../path';
import type { Resource } from '../store';

type Facts = Readonly<Record<string, unknown>>;

/** A resource that is put, as far as the facts about it need it. */
export interface Subject {
  readonly id: string;
  readonly name: string;
  /** Normal form, such as 'westeurope'; '' for types without one. */
  readonly location: string;
  readonly resourceGroup: string;
  readonly properties: Facts;
  readonly existing: Resource | undefined;
  /** ISO 8601, by the world's clock. */
  readonly now: string;
}

/** What Azure is known to add to a type that is recorded only: enough for programs that read it, and no more. */
export interface RecordedKind {
  /** Full type, such as 'Microsoft.Web/sites'. */
  readonly type: string;
  /** Azure's rule for names ("Naming rules and restrictions for Azure resources"). */
  readonly name: { readonly pattern: RegExp; readonly rule: string };
  /** Answered where the declaration says nothing. */
  readonly defaults?: Facts;
  /** Answered whatever the declaration says. */
  facts(subject: Subject): Facts;
  /** Ids of resources that the declaration names and that have to be there. */
  needs?(properties: Facts): readonly { readonly property: string; readonly id: unknown }[];
  /** Never kept and never answered, for it may be secret: Azure answers it by actions only. */
  readonly withheld?: (properties: Facts) => Facts;
  /** POST actions by lower-case name that answer keys, each made once and kept apart from the resource. */
  readonly keys?: Readonly<Record<string, (resource: Resource, key: (name: string) => string) => unknown>>;
}

/** A fact that stays as it was first made. */
export function kept<T>({ existing }: Subject, name: string, make: () => T): T {
  return (existing?.properties[name] as T | undefined) ?? make();
}

export const groupOf = (id: string): string => placeOf(id).resourceGroup ?? '';

/** @throws 400 naming the rule */
export function requireName({ type, name: { pattern, rule } }: RecordedKind, name: string): void {
  if (pattern.test(name)) return;
  throw badRequest(`'${name}' is no name of a ${type}: ${rule}`, 'InvalidResourceName');
}

export const isRecord = (value: unknown): value is Facts =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A copy without the named members. */
export const without = (facts: Facts, ...names: readonly string[]): Facts =>
  Object.fromEntries(Object.entries(facts).filter(([name]) => !names.includes(name)));
