import { z } from 'zod';
import { HubError } from '../errors';
import { isObject, type JsonObject } from '../../world/json';
import { checkPayload, MethodRequest } from '../methods';

const DEFAULT_WINDOW_SECONDS = 3600;

const JobBody = z.object({
  jobId: z.string().nullish(),
  type: z.enum(['scheduleDeviceMethod', 'scheduleUpdateTwin']),
  queryCondition: z.string().min(1),
  startTime: z.iso.datetime({ offset: true, local: true }).nullish(),
  maxExecutionTimeInSeconds: z.number().int().min(1).max(604_800).nullish(),
  cloudToDeviceMethod: z.unknown().optional(),
  updateTwin: z.unknown().optional(),
});

/** What a job does to each of its devices. */
export type JobAction =
  | { readonly kind: 'method'; readonly request: MethodRequest }
  | { readonly kind: 'twin'; readonly patch: JsonObject; readonly ifMatch: string | undefined };

/** A job as it was asked for (iot-hub/iot-hub-devguide-jobs.md). Times are ms since the epoch. */
export interface JobSpec {
  readonly jobId: string;
  readonly type: 'scheduleDeviceMethod' | 'scheduleUpdateTwin';
  readonly queryCondition: string;
  readonly startTime: number;
  readonly maxExecutionTimeInSeconds: number;
  readonly action: JobAction;
  /** `cloudToDeviceMethod` or `updateTwin` as it came, for {@link jobView}. */
  readonly asked: JsonObject;
}

/** "64 characters or less and can only contain US-ASCII letters, numbers, and the dash" (iot-hub/iot-hub-devguide-jobs.md, note). */
const JOB_ID = /^[A-Za-z0-9-]{1,64}$/;

/** @throws HubError ArgumentInvalid, naming the member that is wrong */
export function jobSpecOf(jobId: string, body: unknown, now: number): JobSpec {
  if (!JOB_ID.test(jobId))
    throw invalid(`the job id '${jobId}' is not valid; allowed: 1 to 64 letters, digits and dashes`);
  const parsed = JobBody.safeParse(body);
  if (!parsed.success) throw invalid(firstProblem(parsed.error));
  const { data } = parsed;
  if (data.jobId && data.jobId !== jobId) throw invalid(`jobId '${data.jobId}' differs from the one in the path`);
  const action =
    data.type === 'scheduleUpdateTwin' ? twinAction(data.updateTwin) : methodAction(data.cloudToDeviceMethod);
  return {
    jobId,
    type: data.type,
    queryCondition: data.queryCondition,
    startTime: data.startTime ? timeOf(data.startTime) : now,
    maxExecutionTimeInSeconds: data.maxExecutionTimeInSeconds ?? DEFAULT_WINDOW_SECONDS,
    action,
    asked:
      data.type === 'scheduleUpdateTwin'
        ? { updateTwin: data.updateTwin as JsonObject }
        : { cloudToDeviceMethod: data.cloudToDeviceMethod as JsonObject },
  };
}

function methodAction(body: unknown): JobAction {
  const parsed = MethodRequest.safeParse(body);
  if (!parsed.success) throw invalid(`cloudToDeviceMethod: ${firstProblem(parsed.error)}`);
  checkPayload(parsed.data.payload ?? null);
  return { kind: 'method', request: parsed.data };
}

function twinAction(body: unknown): JobAction {
  if (!isObject(body)) throw invalid('updateTwin must be an object');
  const { etag } = body;
  if (etag !== undefined && etag !== null && typeof etag !== 'string') throw invalid('updateTwin.etag must be a text');
  return { kind: 'twin', patch: body, ifMatch: etag ?? undefined };
}

/** A time without zone is UTC, as the service reads it. */
const timeOf = (text: string): number => Date.parse(/(Z|[+-]\d\d:?\d\d)$/i.test(text) ? text : `${text}Z`);

/** The first thing that a schema found wrong: `path: what`. */
export function firstProblem({ issues }: z.ZodError): string {
  const [issue] = issues;
  return issue === undefined
    ? 'the body is invalid'
    : [issue.path.join('.'), issue.message].filter((part) => part !== '').join(': ');
}

const invalid = (problem: string): HubError => new HubError('ArgumentInvalid', `The job is invalid: ${problem}.`);
