import { type Declared, type Rule, type Violation } from './declared';
import { quotas, reprovision, standardHub, weights } from './fleet';
import { fewPolicies, keysOff, noOwner } from './keys';
import { privateStorage, tls } from './transport';

/** What a program of this stack may declare. docs/policies.md has the same list; a test compares them. */
export const RULES: readonly Rule[] = [
  noOwner,
  fewPolicies,
  keysOff,
  tls,
  privateStorage,
  standardHub,
  weights,
  reprovision,
  quotas,
];

/** @returns every violation of every rule, with the rule's name */
export const violationsOf = (declared: readonly Declared[]): (Violation & { readonly rule: string })[] =>
  RULES.flatMap((rule) => rule.check(declared).map((violation) => ({ rule: rule.name, ...violation })));
