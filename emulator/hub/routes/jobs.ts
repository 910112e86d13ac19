import { HubError } from '../errors';
import { jobSpecOf } from '../jobs/spec';
import { LARGEST_PAGE } from '../query/run';
import { countOf } from './parse';
import type { AddRoute, HubCall } from './route';

/** Scheduled jobs (jobs v2). */
export function jobRoutes(add: AddRoute): void {
  const right = 'ServiceConnect';
  add('GET', '/jobs/v2/query', { right, action: 'jobs/read' }, listJobs);
  add('GET', '/jobs/v2/:id', { right, action: 'jobs/read' }, getJob);
  add('PUT', '/jobs/v2/:id', { right, action: 'jobs/write' }, putJob);
  add('POST', '/jobs/v2/:id/cancel', { right, action: 'jobs/delete' }, ({ hub, params }) => {
    const job = hub.jobs.require(params.id ?? '');
    job.cancel();
    return job.view();
  });
}

/** A job that is not there reads as `unknown`, with 200: Azure's CLI relies on it (azure-iot-cli-extension, providers/job.py). */
function getJob({ hub, params: { id = '' } }: HubCall): unknown {
  return hub.jobs.get(id)?.view() ?? { jobId: id, type: 'unknown', status: 'unknown' };
}

/** Answers `queued` whatever comes next, as the service does. */
function putJob({ hub, params: { id = '' }, body }: HubCall): unknown {
  const { spec } = hub.jobs.add(jobSpecOf(id, body, hub.clock.now()));
  return { jobId: id, type: spec.type, status: 'queued' };
}

/** Pages by headers as SDKs do, or by query parameters as the documentation shows. The continuation is the next index. */
function listJobs({ hub, query, header, set }: HubCall): unknown {
  const size = countOf(header('x-ms-max-item-count') ?? query.pagesize, 'The page size', LARGEST_PAGE);
  const from = indexOf(header('x-ms-continuation') ?? query.continuationtoken);
  const jobs = hub.jobs.list({ type: query.jobtype, status: query.jobstatus });
  const to = from + Math.min(size, LARGEST_PAGE);
  if (to < jobs.length) set('x-ms-continuation', String(to));
  return jobs.slice(from, to).map((job) => job.view());
}

function indexOf(continuation: string | undefined): number {
  if (continuation === undefined || continuation === '') return 0;
  if (/^\d{1,9}$/.test(continuation)) return Number(continuation);
  throw new HubError('ArgumentInvalid', 'The continuation token is not one of this query.');
}
