import type { Claims, Hub, JobRequest, Ledger } from '../../activities/ports';
import { GroundswellError } from '../../domain/errors';
import { type DeviceId, deviceIdOf, type JobId } from '../../domain/ids';
import type { HubJob, JobRow } from '../../domain/outcome';
import { FakeDevices, namedIn } from './fake-devices';

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
  readonly fleet: FakeDevices;
  /** Who has no connection; a test may change it. */
  readonly offline: Set<string>;
}

export interface FakeHubOptions {
  readonly devices: readonly string[];
  readonly offline?: readonly string[];
  /** Status that a device answers; 200 unless told. */
  readonly statusOf?: (deviceId: string, tries: number) => number;
  /** Whether a device reports what is desired of it. */
  readonly reports?: (deviceId: string) => boolean;
  /** What each further look at a submitted job finds; the last one stays. */
  readonly looks?: readonly (HubJob | undefined)[];
}

const COMPLETED: HubJob = { status: 'completed', answered: 0, endedAt: '2026-01-01T00:00:00.000Z' };

/** A hub that runs a job the moment it is submitted. */
export function fakeHub(options: FakeHubOptions): FakeHub {
  const { devices, statusOf = () => 200, reports = () => true, looks = [COMPLETED] } = options;
  const offline = new Set(options.offline);
  const fleet = new FakeDevices({ devices, offline, statusOf, reports });
  const scheduled: JobRequest[] = [];
  const cancelled: JobId[] = [];
  const busyAnswers: number[] = [];
  const looked = new Map<JobId, number>();
  const rows = new Map<JobId, JobRow[]>();
  const failed = (deviceId: DeviceId, code: string): JobRow => ({
    deviceId,
    status: 'failed',
    error: { code, description: '' },
  });
  const rowOf = (deviceId: DeviceId, { action }: JobRequest): JobRow[] => {
    if (!fleet.has(deviceId)) return [];
    if (action.kind === 'twin') {
      const { kind, etag, tags = {}, desired } = action;
      return fleet.patch(deviceId, { tags, ...(desired && { desired }) }, etag).kind === 'merged'
        ? [{ deviceId, status: 'completed' }]
        : [failed(deviceId, kind)];
    }
    const answer = fleet.invoke(deviceId, action.payload);
    if (answer.kind !== 'answered') return [failed(deviceId, 'JobRunPreconditionFailed')];
    return [{ deviceId, status: 'completed', response: answer }];
  };
  return {
    ...fleet.calls,
    sku: { name: 'S1', units: 1 },
    scheduled,
    cancelled,
    busyAnswers,
    fleet,
    offline,
    devices: (where) => {
      const named = namedIn(where);
      const found = devices.map((id) => ({ deviceId: deviceIdOf(id), connected: !offline.has(id) }));
      const those = named === undefined ? found : found.filter((each) => each.connected && named.has(each.deviceId));
      return inPages(those, 2);
    },
    count: () => Promise.resolve(devices.length),
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
    jobRows: (jobId) => {
      const job = scheduled.find((each) => each.jobId === jobId);
      if (job !== undefined && !rows.has(jobId))
        rows.set(
          jobId,
          job.deviceIds.flatMap((deviceId) => rowOf(deviceId, job)),
        );
      return inPages(rows.get(jobId) ?? [], 2);
    },
  };
}
