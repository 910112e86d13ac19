import { ServiceFailure } from '../../../infra/dynamic/failures';
import { type EnrollmentInputs, idOf } from '../../../infra/dynamic/inputs';
import { Enrollments } from '../../../infra/dynamic/operations';
import type { EnrollmentApi, EnrollmentRecord, Keys } from '../../../infra/dynamic/service';
import { GROUP, stateOf } from './samples';

const KEYS: Keys = { primaryKey: 'made-1', secondaryKey: 'made-2' };

/** A service of one kind of enrollment, with etags that count, and failures that are thrown before the next calls. */
class FakeService implements EnrollmentApi {
  readonly records = new Map<string, { record: EnrollmentRecord; keys: Keys }>();
  readonly fails: { before?: ServiceFailure; after?: ServiceFailure }[] = [];
  #etag = 0;

  get = (id: string) => this.#answer(() => this.#shown(id));

  put = (record: EnrollmentRecord, etag?: string) =>
    this.#answer(() => {
      const id = record.enrollmentGroupId ?? '';
      const old = this.records.get(id);
      if (etag === undefined && old) throw new ServiceFailure(409, 'Enrollment already exists.');
      if (etag !== undefined && old?.record.etag !== etag) throw new ServiceFailure(412, 'Precondition failed.');
      const given = record.attestation.symmetricKey;
      const keys = given?.primaryKey ? given : { primaryKey: `new-${this.#etag}`, secondaryKey: 'new' };
      this.records.set(id, { record: { ...record, etag: `"${++this.#etag}"` }, keys });
      return this.#shown(id) ?? record;
    });

  delete = (id: string) => this.#answer(() => void this.records.delete(id));

  keys = (id: string) => this.#answer(() => this.records.get(id)?.keys ?? KEYS);

  #shown(id: string): EnrollmentRecord | undefined {
    const found = this.records.get(id)?.record;
    return found && { ...found, attestation: { type: found.attestation.type } };
  }

  async #answer<T>(work: () => T): Promise<T> {
    const failure = this.fails.shift();
    if (failure?.before) throw failure.before;
    const result = work();
    if (failure?.after) throw failure.after;
    return Promise.resolve(result);
  }
}

let service: FakeService;
let operations: Enrollments;
let isServiceGone: boolean;
const said: string[] = [];

beforeEach(() => {
  service = new FakeService();
  isServiceGone = false;
  said.length = 0;
  operations = new Enrollments({
    connect: () => Promise.resolve(service),
    isServiceGone: () => Promise.resolve(isServiceGone),
    say: (text) => said.push(text),
    time: { now: () => 0, sleep: () => Promise.resolve() },
  });
});

const make = async (inputs: EnrollmentInputs = GROUP) => (await operations.create(inputs)).outs;
/** What somebody does beside the program. */
async function byHand(more: object): Promise<void> {
  const { record, keys } = service.records.get('pumps') ?? { record: undefined, keys: KEYS };
  if (record === undefined) throw new Error('nothing is there');
  await service.put({ ...record, ...more, attestation: { type: 'symmetricKey', symmetricKey: keys } }, record.etag);
}

it('creates, and keeps the etag but no key', async () => {
  const made = await operations.create(GROUP);

  expect(made).toEqual({ id: 'pumps', outs: { ...GROUP, etag: '"1"' } });
});

it('refuses what is there already, whether it differs or not, unless it may adopt it as it is', async () => {
  await make();

  await expect(operations.create(GROUP)).rejects.toThrow(/'pumps' exists already .* Set `adopt: true`/);
  await expect(operations.create({ ...GROUP, enabled: false, adopt: true })).rejects.toThrow(
    /exists already .* differs from the program in enabled\. Nothing was changed/,
  );
  expect(await operations.create({ ...GROUP, adopt: true })).toMatchObject({ id: 'pumps', outs: { etag: '"1"' } });
});

it('knows its own creation again when the answer was lost', async () => {
  service.fails.push({ after: new ServiceFailure(undefined, 'socket hang up', { code: 'ECONNRESET' }) });

  expect(await operations.create(GROUP)).toMatchObject({ outs: { etag: '"1"' } });
});

it('waits for a right that is new, and says so', async () => {
  service.fails.push({ before: new ServiceFailure(401, 'Unauthorized') });

  await make();

  expect(said).toEqual([expect.stringMatching(/'pumps' waits 1 s: .* a new role assignment takes minutes to work/)]);
});

it('sends the keys back on an update, so that devices keep theirs', async () => {
  const state = await make();
  const { keys } = service.records.get('pumps') ?? {};

  const { outs } = await operations.update('pumps', state, { ...GROUP, enabled: false });

  expect(outs).toEqual({ ...GROUP, enabled: false, etag: '"2"' });
  expect(service.records.get('pumps')).toMatchObject({ keys, record: { provisioningStatus: 'disabled' } });
});

it('writes nothing where only the way to the service has changed', async () => {
  const state = await make();

  const { outs } = await operations.update('pumps', state, { ...GROUP, auth: 'sas' });

  expect(outs).toEqual({ ...GROUP, auth: 'sas', etag: '"1"' });
});

it('neither updates nor deletes what somebody has changed, and names the fields', async () => {
  const state = await make();
  await byHand({ provisioningStatus: 'disabled', iotHubs: ['a.net'] });
  const conflict =
    /was changed by somebody else since the last update, in hubs, enabled\. Nothing was overwritten: run `pulumi refresh`/;

  await expect(operations.update('pumps', state, { ...GROUP, iotEdge: true })).rejects.toThrow(conflict);
  await expect(operations.delete('pumps', state)).rejects.toThrow(conflict);
  expect(service.records.get('pumps')?.record).toMatchObject({ capabilities: { iotEdge: false }, iotHubs: ['a.net'] });
});

it('goes on where only the etag is another', async () => {
  const state = await make();
  await byHand({});

  expect((await operations.update('pumps', state, { ...GROUP, enabled: false })).outs.etag).toBe('"3"');
});

it('says that somebody came in between when the etag changes between reading and writing', async () => {
  const state = await make();
  service.fails.push({}, {}, { before: new ServiceFailure(412, 'Precondition failed.') });

  await expect(operations.update('pumps', state, { ...GROUP, enabled: false })).rejects.toThrow(
    /cannot update the enrollment group 'pumps' .* Somebody changed it at the same time/,
  );
});

it('reads drift, by field, and what is gone', async () => {
  const state = await make();
  await byHand({ provisioningStatus: 'disabled' });

  const found = await operations.read('pumps', state);
  await service.delete('pumps');

  expect(found).toEqual({
    id: 'pumps',
    inputs: { ...GROUP, enabled: false },
    props: { ...GROUP, enabled: false, etag: '"2"' },
  });
  expect(await operations.read('pumps', state)).toEqual({});
  await expect(operations.update('pumps', state, GROUP)).rejects.toThrow(/is gone: run `pulumi refresh`/);
  await operations.delete('pumps', state);
});

it('tells that a given key is another one now, but not which', async () => {
  const own = { ...GROUP, primaryKey: 'own-1', secondaryKey: 'own-2' };
  const state = await make(own);
  const { record } = service.records.get('pumps') ?? {};
  if (record !== undefined)
    service.records.set('pumps', { record, keys: { primaryKey: 'other', secondaryKey: 'own-2' } });

  const { inputs } = await operations.read('pumps', state);

  expect(inputs).toEqual({ ...own, primaryKey: '(another key than the declared one)' });
});

it('takes an enrollment for gone with its service only when the Resource Manager says that the service is gone', async () => {
  const state = stateOf(GROUP);
  const unknown = { before: new ServiceFailure(undefined, 'getaddrinfo ENOTFOUND', { code: 'ENOTFOUND' }) };
  service.fails.push(unknown, unknown);
  await expect(operations.read('pumps', state)).rejects.toThrow(/cannot read/);
  await expect(operations.delete('pumps', state)).rejects.toThrow(/cannot delete/);

  isServiceGone = true;
  service.fails.push(unknown, unknown);

  expect(await operations.read('pumps', state)).toEqual({});
  await operations.delete('pumps', state);
});

it('says which role is missing', async () => {
  service.fails.push({ before: new ServiceFailure(403, 'Forbidden') });

  await expect(operations.read(idOf(GROUP), stateOf(GROUP))).rejects.toThrow(
    /cannot read the enrollment group 'pumps' in .*: Forbidden\. Whoever runs Pulumi needs the role "Device Provisioning/,
  );
});
