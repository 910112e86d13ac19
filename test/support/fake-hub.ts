import type { Claims, Hub, JobRequest, Ledger } from '../../activities/ports';
import { GroundswellError } from '../../domain/errors';
import { type DeviceId, deviceIdOf, type JobId } from '../../domain/ids';
import type { HubJob, JobRow, TwinReport } from '../../domain/outcome';

/** A ledger in memory, as strict as the real one. */
export function fakeLedger(): Ledger & { readonly records: Map<string, string> } {
  const records = new Map<string, string>();
  const below = (folder: string): string[] =>
    [...records.keys()].filter((path) => path.startsWith(`${folder}/`)).sort();
  return {
    records,
    put: (path, record) => {
      const body = JSON.stringify(record);
      if ((records.get(path) ?? body) !== body)
        return Promise.reject(new GroundswellError('GS_LEDGER_CONFLICT', { path }));
      records.set(path, body);
      return Promise.resolve();
    },
    get: (path) => Promise.resolve(records.has(path) ? (JSON.parse(records.get(path) ?? '') as unknown) : undefined),
    text: (path) => Promise.resolve(records.get(path)),
    list: (folder) => each(below(folder)),
    folders: (folder) =>
      each([
        ...new Set(
          below(folder).flatMap((path) => {
            const [name, ...rest] = path.slice(folder.length + 1).split('/');
            return name === undefined || rest.length === 0 ? [] : [name];
          }),
        ),
      ]),
  };
}

/** No other rollout runs. */
export const noClaims: Claims = { rolloutsOn: () => Promise.resolve([]) };

async function* each<Item>(items: readonly Item[]): AsyncGenerator<Item> {
  for (const item of items) yield Promise.resolve(item);
}

async function* inPages<Item>(items: readonly Item[], size: number): AsyncGenerator<readonly Item[]> {
  for (let from = 0; from < items.length; from += size) yield Promise.resolve(items.slice(from, from + size));
}

export interface FakeHub extends Hub {
  /** Job requests in the order in which they were accepted. */
  readonly scheduled: JobRequest[];
  readonly cancelled: JobId[];
  /** Answers for `scheduleJob` to give first, before it accepts. */
  readonly busyAnswers: number[];
  readonly twinReports: Map<DeviceId, TwinReport>;
}

export interface FakeHubOptions {
  readonly devices: readonly string[];
  readonly offline?: readonly string[];
  /** Status that a device answers; 200 unless told. */
  readonly statusOf?: (deviceId: string) => number;
  /** What each further look at a submitted job finds; the last one stays. */
  readonly looks?: readonly (HubJob | undefined)[];
}

const COMPLETED: HubJob = { status: 'completed', answered: 0, endedAt: '2026-01-01T00:00:00.000Z' };

/** A hub that runs a job the moment it is submitted. */
export function fakeHub({ devices, offline = [], statusOf = () => 200, looks = [COMPLETED] }: FakeHubOptions): FakeHub {
  const scheduled: JobRequest[] = [];
  const cancelled: JobId[] = [];
  const busyAnswers: number[] = [];
  const looked = new Map<JobId, number>();
  const twinReports = new Map<DeviceId, TwinReport>();
  const rowOf = (deviceId: DeviceId): JobRow => ({
    deviceId,
    status: 'completed',
    response: { status: statusOf(deviceId), payload: null },
  });
  return {
    sku: { name: 'S1', units: 1 },
    scheduled,
    cancelled,
    busyAnswers,
    twinReports,
    devices: () =>
      inPages(
        devices.map((id) => ({ deviceId: deviceIdOf(id), connected: !offline.includes(id) })),
        2,
      ),
    count: () => Promise.resolve(devices.length),
    twins: (deviceIds) =>
      inPages(
        deviceIds.flatMap((id) => {
          const twin = twinReports.get(id);
          return twin === undefined ? [] : [[id, twin] as const];
        }),
        2,
      ),
    findJob: (jobId) => {
      if (!scheduled.some((job) => job.jobId === jobId)) return Promise.resolve(undefined);
      const look = looked.get(jobId) ?? 0;
      looked.set(jobId, look + 1);
      return Promise.resolve(looks[Math.min(look, looks.length - 1)]);
    },
    scheduleJob: (request) => {
      if (busyAnswers.pop() !== undefined) return Promise.resolve('busy');
      scheduled.push(request);
      return Promise.resolve('scheduled');
    },
    cancelJob: (jobId) => {
      cancelled.push(jobId);
      return Promise.resolve();
    },
    jobRows: (jobId) => inPages((scheduled.find((job) => job.jobId === jobId)?.deviceIds ?? []).map(rowOf), 2),
  };
}
