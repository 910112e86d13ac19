import type { TokenCredential } from '@azure/identity';
import { Client, JobClient, Registry } from 'azure-iothub';
import { NoRetry } from 'azure-iot-common';
import { deviceCondition } from '../../domain/batches';
import { deviceIdOf, type HubName } from '../../domain/ids';
import type { HubSku } from '../../domain/limits';
import type { HubJob, JobRow } from '../../domain/outcome';
import type { Action, Json, JsonObject } from '../../domain/spec';
import type { FoundDevice, Hub, TwinPart } from '../ports';
import { methodAnswer, methodRefusal, twinAnswer, twinOf, twinRefusal } from './device-answers';
import { callingHub, isHubError, statusOf } from './hub-faults';
import { createQuotas } from './quotas';

/** Largest page that a hub gives. Source: IoT Hub query language, "Query result pagination". */
const PAGE_SIZE = 100;
/** A device as `SELECT deviceId, connectionState` gives it. */
interface DeviceRow {
  readonly deviceId: string;
  readonly connectionState?: string;
  readonly reported?: JsonObject;
  readonly tags?: JsonObject;
  readonly desired?: JsonObject;
}

/** What to select for each part of a twin. */
const COLUMNS: Readonly<Record<TwinPart, string>> = { tags: 'tags', desired: 'properties.desired AS desired' };

/** A job as `GET /jobs/v2/{id}` gives it. */
interface JobDocument {
  readonly status: string;
  readonly failureReason?: string;
  readonly endTime?: string;
  readonly deviceJobStatistics?: { readonly succeededCount?: number; readonly failedCount?: number };
}

/** A row of `SELECT * FROM devices.jobs`. */
interface JobRowDocument {
  readonly deviceId: string;
  readonly status: JobRow['status'];
  readonly outcome?: { readonly deviceMethodResponse?: { readonly status: number; readonly payload: Json } };
  readonly error?: { readonly code?: string | number; readonly description?: string };
}

type Query = ReturnType<Registry['createQuery']>;

const seconds = (millis: number): number => Math.ceil(millis / 1_000);

const JOB_STATUS: Readonly<Record<string, HubJob['status']>> = {
  running: 'running',
  completed: 'completed',
  failed: 'failed',
  cancelled: 'cancelled',
};

const hubJobOf = ({ status, failureReason, endTime, deviceJobStatistics: counts }: JobDocument): HubJob => ({
  status: JOB_STATUS[status] ?? 'waiting',
  answered: (counts?.succeededCount ?? 0) + (counts?.failedCount ?? 0),
  ...(failureReason !== undefined && { reason: failureReason }),
  // A job that has not ended carries no end, or the year 1.
  ...(endTime !== undefined && !endTime.startsWith('0001') && { endedAt: new Date(endTime).toISOString() }),
});

const jobRowOf = ({ deviceId, status, outcome, error }: JobRowDocument): JobRow => ({
  deviceId: deviceIdOf(deviceId),
  status,
  ...(outcome?.deviceMethodResponse && { response: outcome.deviceMethodResponse }),
  ...(error && { error: { code: String(error.code ?? 'unknown'), description: error.description ?? '' } }),
});

/** A twin patch as `updateTwin` of a job wants it: all sections, and the etag inside. */
const twinPatchOf = ({ etag, tags = {}, desired = {} }: Extract<Action, { kind: 'twin' }>) => ({
  etag,
  tags,
  properties: { desired },
});

/**
 * How to reach a hub: the connection string of a policy with RegistryRead, RegistryWrite and ServiceConnect, or its host
 * name and an identity with the data actions of docs/rights.md. Kept out of errors and logs.
 */
export type HubAccess = string | { readonly hostName: string; readonly credential: TokenCredential };

const clientsOf = (access: HubAccess): readonly [Registry, JobClient, Client] =>
  typeof access === 'string'
    ? [
        Registry.fromConnectionString(access),
        JobClient.fromConnectionString(access),
        Client.fromConnectionString(access),
      ]
    : [
        Registry.fromTokenCredential(access.hostName, access.credential),
        JobClient.fromTokenCredential(access.hostName, access.credential),
        Client.fromTokenCredential(access.hostName, access.credential),
      ];

/** One IoT hub over the official service client. */
export function createIotHub(name: HubName, sku: HubSku, access: HubAccess): Hub {
  const [registry, jobs, client] = clientsOf(access);
  // Its own policy tries for up to four minutes, on 429 too, where nobody can stop it.
  client.setRetryPolicy(new NoRetry());
  const turn = createQuotas(sku);

  async function* pagesOf<Row>(query: Query, refused?: 'GS_QUERY_INVALID', details: { where?: string } = {}) {
    // `next` begins anew unless it is handed the continuation token itself.
    for (
      let more = true, token: string | undefined;
      more;
      token = query.continuationToken, more = query.hasMoreResults
    ) {
      const page = await callingHub({ hub: name, ...details }, () => query.next(token as string), refused);
      yield page.result as readonly Row[];
    }
  }
  const select = <Row>(sql: string) => pagesOf<Row>(registry.createQuery(sql, PAGE_SIZE));

  return {
    sku,

    async *devices(where, parts = []) {
      const condition = where.trim() === '*' ? '' : ` WHERE ${where}`;
      const columns = ['deviceId', 'connectionState', ...parts.map((part) => COLUMNS[part])].join(', ');
      const query = registry.createQuery(`SELECT ${columns} FROM devices${condition}`, PAGE_SIZE);
      for await (const page of pagesOf<DeviceRow>(query, 'GS_QUERY_INVALID', { where })) {
        yield page.map(({ deviceId, connectionState, tags, desired }): FoundDevice => ({
          deviceId: deviceIdOf(deviceId),
          connected: connectionState === 'Connected',
          ...(tags && { tags }),
          ...(desired && { desired }),
        }));
      }
    },

    async count(where) {
      const condition = where.trim() === '*' ? '' : ` WHERE ${where}`;
      const query = registry.createQuery(`SELECT COUNT() AS devices FROM devices${condition}`, PAGE_SIZE);
      let devices = 0;
      // One row; none where no device matches.
      for await (const page of pagesOf<{ readonly devices?: number }>(query, 'GS_QUERY_INVALID', { where })) {
        devices += page.reduce((sum, row) => sum + (row.devices ?? 0), 0);
      }
      return devices;
    },

    findJob: (jobId) =>
      callingHub({ hub: name, jobId }, async () => {
        try {
          const job = (await jobs.getJob(jobId)).jobStatus as JobDocument;
          // Asked for a job that it does not have, the service answers 200 with this status.
          // Source: azure-iot-cli-extension, providers of `az iot hub job show`.
          return job.status === 'unknown' ? undefined : hubJobOf(job);
        } catch (error) {
          if (statusOf(error) === 404) return undefined;
          throw error;
        }
      }),

    scheduleJob: ({ jobId, action, deviceIds, timeoutMs }) =>
      callingHub({ hub: name, jobId }, async () => {
        const condition = deviceCondition(deviceIds);
        const startTime = new Date();
        try {
          if (action.kind === 'method') {
            const { name: methodName, payload, responseTimeoutMs } = action;
            const call = { methodName, payload, responseTimeoutInSeconds: seconds(responseTimeoutMs) };
            await jobs.scheduleDeviceMethod(jobId, condition, call, startTime, seconds(timeoutMs));
          } else {
            await jobs.scheduleTwinUpdate(jobId, condition, twinPatchOf(action), startTime, seconds(timeoutMs));
          }
          return 'scheduled';
        } catch (error) {
          if (isHubError(error, 'jobAlreadyExists')) return 'exists';
          if (isHubError(error, 'tooManyActiveJobs')) return 'busy';
          throw error;
        }
      }),

    cancelJob: (jobId) =>
      callingHub({ hub: name, jobId }, async () => {
        await jobs.cancelJob(jobId).catch((error: unknown) => {
          if (statusOf(error) !== 404 && !isHubError(error, 'notAllowedNow')) throw error;
        });
      }),

    async *jobRows(jobId) {
      // A job id holds letters, digits and dashes only, so it needs no escaping.
      for await (const page of select<JobRowDocument>(
        `SELECT * FROM devices.jobs WHERE devices.jobs.jobId = '${jobId}'`,
      )) {
        yield page.map(jobRowOf);
      }
    },

    turn,

    invokeMethod: (deviceId, { name: methodName, payload, responseTimeoutMs }) =>
      callingHub({ hub: name, deviceId }, async () => {
        const call = { methodName, payload, responseTimeoutInSeconds: seconds(responseTimeoutMs) };
        try {
          return methodAnswer((await client.invokeDeviceMethod(deviceId, call)).result);
        } catch (error) {
          return methodRefusal(error);
        }
      }),

    twin: (deviceId) =>
      callingHub({ hub: name, deviceId }, async () => {
        await turn('twinReads');
        try {
          return twinOf((await registry.getTwin(deviceId)).responseBody);
        } catch (error) {
          if (statusOf(error) === 404 && isHubError(error, 'deviceNotFound')) return undefined;
          throw error;
        }
      }),

    updateTwin: (deviceId, { tags, desired }, etag) =>
      callingHub({ hub: name, deviceId }, async () => {
        const patch = { ...(tags && { tags }), ...(desired && { properties: { desired } }) };
        try {
          return twinAnswer((await registry.updateTwin(deviceId, patch, etag)).responseBody);
        } catch (error) {
          return twinRefusal(error);
        }
      }),
  };
}
