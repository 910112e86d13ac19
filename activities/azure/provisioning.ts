import type { TokenCredential } from '@azure/identity';
import { ProvisioningServiceClient } from 'azure-iot-provisioning-service';
import { setTimeout as sleep } from 'node:timers/promises';
import { faultCodeOf, type FaultDetails, type GroundswellError } from '../../domain/errors';
import type { PointAnswer, Pointing, Provisioning } from '../provisioning-ports';
import { callingDps } from './dps-faults';
import { DpsPace } from './dps-pace';
import {
  type EnrollmentDocument,
  groupOf,
  individualOf,
  pointed,
  type RegistrationDocument,
  registrationOf,
} from './dps-records';
import { unlessMissing } from './hub-faults';

/** Entries of a page. The REST reference names no most; a service that gives fewer says where to go on. */
const PAGE_SIZE = 100;
/** Longest silence of a list that has to rest. */
const SLICE_MS = 5_000;
/** Enrollments as they were read that are kept for pointing them: more than all batches of a worker read at once. */
const KEPT = 5_000;

type Bulk = Parameters<ProvisioningServiceClient['runBulkEnrollmentOperation']>[0];
type BulkErrors = readonly {
  readonly registrationId: string;
  readonly errorCode: number;
  readonly errorStatus: string;
}[];
type Query = ReturnType<ProvisioningServiceClient['createIndividualEnrollmentQuery']>;
const ALL = { query: 'SELECT * FROM enrollments' };

/**
 * How to reach a service: the connection string of a policy with EnrollmentRead, EnrollmentWrite and RegistrationStatusRead,
 * or its host name and an identity with the data actions of docs/rights.md. Kept out of errors and logs.
 */
export type DpsAccess = string | { readonly hostName: string; readonly credential: TokenCredential };

const clientOf = (access: DpsAccess): ProvisioningServiceClient =>
  typeof access === 'string'
    ? ProvisioningServiceClient.fromConnectionString(access)
    : ProvisioningServiceClient.fromTokenCredential(access.hostName, access.credential);

/** Its promise never settles without a callback (azure-iot-provisioning-service 1.11.2, runBulkEnrollmentOperation). */
const runBulk = (client: ProvisioningServiceClient, bulk: object): Promise<BulkErrors> =>
  new Promise((resolve, reject) =>
    client.runBulkEnrollmentOperation(bulk as Bulk, (error, result) => {
      if (error) reject(error);
      else resolve(result?.errors ?? []);
    }),
  );

/** Codes begin with the HTTP status that the same refusal of a single enrollment has. */
const statusOfCode = (code: number): number => Number(String(code).slice(0, 3));

function answerOf(registrationId: string, { errorCode, errorStatus }: BulkErrors[number]): PointAnswer {
  const detail = `${errorStatus} (${errorCode})`;
  const status = statusOfCode(errorCode);
  return { registrationId, kind: status === 412 ? 'changed' : status === 404 ? 'gone' : 'refused', detail };
}

/** One provisioning service over the official client. */
export function createProvisioning(
  { name, idScope, endpoint, linkedHubs }: Pick<Provisioning, 'name' | 'idScope' | 'endpoint' | 'linkedHubs'>,
  access: DpsAccess,
): Provisioning {
  const client = clientOf(access);
  const pace = new DpsPace();
  const kept = new Map<string, EnrollmentDocument>();

  async function call<Result>(details: FaultDetails, work: () => Promise<Result>): Promise<Result> {
    await pace.take();
    try {
      return await callingDps({ provisioning: name, ...details }, work);
    } catch (error) {
      if (faultCodeOf(error) === 'GS_DPS_THROTTLED') {
        const { retryAfterSeconds } = (error as GroundswellError).details;
        pace.rest(typeof retryAfterSeconds === 'number' ? retryAfterSeconds : undefined);
      }
      throw error;
    }
  }

  /** The client's types name other shapes than the service's JSON has. */
  const found = async <Document>(answer: Promise<{ readonly responseBody: unknown }>) =>
    (await unlessMissing(answer))?.responseBody as Document | undefined;

  async function read(registrationId: string): Promise<EnrollmentDocument | undefined> {
    return call({ registrationId }, () => found<EnrollmentDocument>(client.getIndividualEnrollment(registrationId)));
  }

  function keep(document: EnrollmentDocument): void {
    const key = document.registrationId?.toLowerCase() ?? '';
    kept.delete(key);
    if (kept.size >= KEPT) kept.delete(kept.keys().next().value ?? '');
    kept.set(key, document);
  }

  /** The whole record with the etag that was asked for: an update without it would lose what it does not name. */
  async function recordOf({ registrationId, etag }: Pointing): Promise<EnrollmentDocument | 'gone' | 'changed'> {
    const before = kept.get(registrationId.toLowerCase());
    const record = before?.etag === etag ? before : await read(registrationId);
    if (record === undefined) return 'gone';
    return record.etag === etag ? record : 'changed';
  }

  async function* pages<Document>(details: FaultDetails, query: Query): AsyncGenerator<readonly Document[]> {
    while (query.hasMoreResults) {
      while (pace.quietMs > 0) {
        yield [];
        await sleep(Math.min(SLICE_MS, pace.quietMs));
      }
      try {
        const page = await call(details, () => query.next(query.continuationToken));
        yield (page as { readonly responseBody: unknown }).responseBody as readonly Document[];
      } catch (error) {
        // The service says when it wants to be asked again.
        if (faultCodeOf(error) !== 'GS_DPS_THROTTLED') throw error;
      }
    }
  }

  return {
    name,
    idScope,
    endpoint,
    ...(linkedHubs && { linkedHubs }),
    turn: (operations = 1) => pace.ready(operations),

    async enrollment(registrationId) {
      const document = await read(registrationId);
      if (document === undefined) return undefined;
      keep(document);
      return individualOf(document);
    },

    async *enrollments() {
      const query = client.createIndividualEnrollmentQuery(ALL, PAGE_SIZE);
      for await (const page of pages<EnrollmentDocument>({}, query)) yield page.map(individualOf);
    },

    async group(group) {
      const document = await call({ group }, () => found<EnrollmentDocument>(client.getEnrollmentGroup(group)));
      return document && groupOf(document);
    },

    async *groups() {
      const query = client.createEnrollmentGroupQuery(ALL, PAGE_SIZE);
      for await (const page of pages<EnrollmentDocument>({}, query)) yield page.map(groupOf);
    },

    async *registrations(group) {
      const query = client.createEnrollmentGroupDeviceRegistrationStateQuery(ALL, group, PAGE_SIZE);
      for await (const page of pages<RegistrationDocument>({ group }, query))
        yield page.map((document) => registrationOf(document, group));
    },

    async registration(registrationId) {
      const document = await call({ registrationId }, () =>
        found<RegistrationDocument>(client.getDeviceRegistrationState(registrationId)),
      );
      return document && registrationOf(document);
    },

    async point(pointings) {
      const answers = new Map<string, PointAnswer>();
      const records: object[] = [];
      for (const pointing of pointings) {
        const { registrationId } = pointing;
        const record = await recordOf(pointing);
        if (typeof record !== 'string') records.push(pointed(record, pointing));
        else answers.set(registrationId.toLowerCase(), { registrationId, kind: record, detail: DETAILS[record] });
      }
      const bulk = { mode: 'updateIfMatchETag', enrollments: records };
      const errors = records.length === 0 ? [] : await call({}, () => runBulk(client, bulk));
      for (const error of errors)
        answers.set(error.registrationId.toLowerCase(), answerOf(error.registrationId, error));
      return pointings.map(({ registrationId }): PointAnswer => {
        kept.delete(registrationId.toLowerCase());
        return answers.get(registrationId.toLowerCase()) ?? { registrationId, kind: 'pointed' };
      });
    },
  };
}

const DETAILS = {
  gone: 'the service has no such enrollment',
  changed: 'somebody else has changed the enrollment since it was read',
} as const;
