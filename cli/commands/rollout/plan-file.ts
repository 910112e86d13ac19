import { readFile, writeFile } from 'node:fs/promises';
import type { PlanSummary } from '../../../domain/plan';
import type { RolloutSpec } from '../../../domain/spec';
import { CliError, COMMAND, EXIT } from '../../output';
import { specHashOf } from '../../rollout/spec-hash';

/** A saved plan: what `rollout plan --out` writes and `rollout start --plan` reads. */
export interface PlanFile {
  readonly apiVersion: 'groundswell/v1';
  readonly kind: 'Plan';
  /** The spec with all defaults filled in. */
  readonly spec: RolloutSpec;
  /** SHA-256 of the spec: a file that somebody has edited is not a plan any more. */
  readonly specHash: string;
  readonly summary: PlanSummary;
}

/** @throws CliError (exit code 1) when the file cannot be written */
export async function writePlanFile(file: string, spec: RolloutSpec, summary: PlanSummary): Promise<void> {
  const plan: PlanFile = { apiVersion: 'groundswell/v1', kind: 'Plan', spec, specHash: specHashOf(spec), summary };
  await writeFile(file, `${JSON.stringify(plan, undefined, 2)}\n`).catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CliError(EXIT.failed, `the plan cannot be saved: ${why}`, undefined, { cause });
  });
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

const isPlanFile = (value: unknown): value is PlanFile =>
  isObject(value) &&
  value.apiVersion === 'groundswell/v1' &&
  value.kind === 'Plan' &&
  typeof value.specHash === 'string' &&
  isObject(value.spec) &&
  isObject(value.summary) &&
  typeof value.summary.rolloutId === 'string' &&
  typeof value.summary.fingerprint === 'string';

/** @throws CliError (exit code 2) when it cannot be read, is no plan, or was edited */
export async function readPlanFile(file: string): Promise<PlanFile> {
  const refuse = (why: string, cause?: unknown) =>
    new CliError(EXIT.usage, `${file} ${why}`, `save a plan: ${COMMAND} rollout plan SPEC --out ${file}`, { cause });
  let plan: unknown;
  try {
    plan = JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    throw refuse(`cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
  }
  if (!isPlanFile(plan)) throw refuse('is not a plan that `rollout plan --out` has saved');
  if (specHashOf(plan.spec) !== plan.specHash) throw refuse('was edited: its spec is not the one that was planned');
  return plan;
}
