import { FAULTS, faultCodeOf, type GroundswellError } from '../../domain/errors';
import type { JobId } from '../../domain/ids';
import type { ShareFault } from '../../domain/share';

const jobIdOf = (error: unknown): readonly JobId[] => {
  const { jobId } = (error as GroundswellError).details;
  return typeof jobId === 'string' ? [jobId as JobId] : [];
};

/** Whether an error is one that trying again cannot help: a person must mend something first. */
export function isFault(error: unknown): error is GroundswellError {
  const code = faultCodeOf(error);
  return code !== undefined && FAULTS[code].retry === 'never';
}

/** Several batches may have failed at once: the first one's words stand for all, and each job is named. */
export class FaultError extends Error {
  override readonly name = 'FaultError';

  constructor(private readonly errors: readonly [GroundswellError, ...GroundswellError[]]) {
    super(errors[0].message);
  }

  get fault(): ShareFault {
    const [first, ...others] = this.errors;
    const more = others.length === 0 ? '' : `; and ${others.length} more like it`;
    return { code: first.code, message: first.message + more, jobIds: this.errors.flatMap(jobIdOf) };
  }
}

/** @returns why a share cannot go on, or undefined when the error is of another kind */
export function faultOf(error: unknown): ShareFault | undefined {
  if (error instanceof FaultError) return error.fault;
  return isFault(error) ? new FaultError([error]).fault : undefined;
}
