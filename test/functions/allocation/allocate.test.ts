import fc from 'fast-check';
import type { Assignment } from '../../../domain/assignment';
import { type AllocationEntry, type Answer, createAllocation, decide } from '../../../functions/allocation/allocate';
import type { AllocationRequest } from '../../../functions/allocation/request';
import type { AllocationRules } from '../../../functions/allocation/rules';
import type { AssignmentStore } from '../../../functions/allocation/store';
import { BAD, bodyOf, EAST, WEST } from './requests';

const RULES: AllocationRules = { default: { newDevices: { [WEST]: 1 } }, groups: {} };
const assignedTo = (hub: string, more: object = {}): string =>
  JSON.stringify({ hub, rolloutId: 'move-1', at: '2026-11-22T03:00:00.000Z', ...more });

interface Asked {
  readonly answer: Answer;
  readonly paths: string[];
  readonly entries: AllocationEntry[];
}

/** @param read what the store does */
async function ask(body: unknown, read: AssignmentStore['read'], rules = RULES): Promise<Asked> {
  const [paths, entries]: [string[], AllocationEntry[]] = [[], []];
  const allocate = createAllocation({
    service: 'dps-1',
    rules,
    store: { read: (path, signal) => (paths.push(path), read(path, signal)) },
    withinMs: 20,
    log: (entry) => void entries.push(entry),
  });
  return { answer: await allocate(body), paths, entries };
}
const holds = (text?: string) => () => Promise.resolve(text);
const ON_WEST = { currentIotHubHostName: WEST, currentDeviceId: 'door-17' };

describe('a hub', () => {
  it.each([
    ['is that of the assignment', ON_WEST, assignedTo(EAST), EAST, 'assignment'],
    ['is that of the assignment, however it is spelt', ON_WEST, assignedTo(EAST.toUpperCase()), EAST, 'assignment'],
    ['is a quarantine hub where that is assigned', ON_WEST, assignedTo(BAD), BAD, 'assignment'],
    ['is the assigned one also for a device that has none', {}, assignedTo(EAST), EAST, 'assignment'],
    ['is the current one without an assignment', { currentIotHubHostName: EAST }, undefined, EAST, 'current'],
    ['is the current one by either spelling of its name', { currentIoTHubHostName: EAST }, undefined, EAST, 'current'],
    ['is one for new devices for one that has none', {}, undefined, WEST, 'new'],
    [
      'is one for new devices where the current one is null',
      { currentIotHubHostName: null, currentDeviceId: null },
      undefined,
      WEST,
      'new',
    ],
  ])('%s', async (_, context, stored, iotHubHostName, because) => {
    const { answer } = await ask(bodyOf(context), holds(stored));

    expect(answer).toMatchObject({ status: 200, because, body: { iotHubHostName } });
  });

  it('is found by the service and the registration id in small letters, with one read', async () => {
    const { paths } = await ask(bodyOf({ registrationId: 'Door:17' }), holds());

    expect(paths).toEqual(['dps-1/door:17.json']);
  });
});

describe('no hub', () => {
  const down = () => Promise.reject(new Error('connect ECONNREFUSED'));
  const silent = () => new Promise<undefined>(() => undefined);
  it.each([
    ['an assignment to a hub that is not linked', ON_WEST, holds(assignedTo('far.azure-devices.net')), 409],
    ['a current hub that is not linked', { currentIotHubHostName: 'far.azure-devices.net' }, holds(), 409],
    ['a store that is down', ON_WEST, down, 503],
    ['a store that does not answer', ON_WEST, silent, 503],
    ['a record that is no JSON', ON_WEST, holds('{'), 503],
    ['an empty record', ON_WEST, holds(''), 503],
    ['a record without a hub', ON_WEST, holds('{"rolloutId":"move-1","at":""}'), 503],
    ['a store that is down, for a new device too', {}, down, 503],
    ['a current device without its hub', { currentDeviceId: 'door-17' }, holds(), 400],
    ['no registration id', { registrationId: undefined }, holds(), 400],
    ['a registration id that leads elsewhere in the store', { registrationId: '../dps-2/door-17' }, holds(), 400],
    ['a registration id with a slash', { registrationId: 'a/b' }, holds(), 400],
  ])('is given for %s', async (_, context, read, status) => {
    const { answer, entries } = await ask(bodyOf(context), read);

    expect(answer).toEqual({ status, reason: expect.any(String) as string });
    expect(entries).toMatchObject([{ answer }]);
  });

  it('is given where no linked hub takes new devices', async () => {
    const { answer } = await ask(bodyOf({}, { linkedHubs: [EAST, BAD] }), holds());

    expect(answer).toMatchObject({ status: 409, reason: 'none of the linked hubs takes new devices' });
  });

  it.each([undefined, null, 'text', [], {}, { linkedHubs: [WEST] }, { ...bodyOf(), linkedHubs: [] }])(
    'is given for the body %j, and the store is not asked',
    async (body) => {
      const { answer, paths } = await ask(body, holds(assignedTo(EAST)));

      expect(answer.status).toBe(400);
      expect(paths).toEqual([]);
    },
  );
});

it('reads bodies of every version of the types, and those of individual enrollments', async () => {
  const { enrollmentGroup, ...rest } = bodyOf(ON_WEST);
  const individual = { ...rest, individualEnrollment: { registrationId: 'door-17', enrollmentGroup } };

  for (const body of [bodyOf(ON_WEST, { apiVersion: '2018-09-01-preview' }), bodyOf(ON_WEST), individual])
    expect((await ask(body, holds())).answer).toMatchObject({ body: { iotHubHostName: WEST } });
});

describe('what is told beside the hub', () => {
  const initialTwin = { tags: { floor: 3 }, properties: { desired: { mode: 'calm' } } };
  const payload = { operationId: 'o-1' };
  const grouped: AllocationRules = {
    default: { newDevices: {} },
    groups: { doors: { newDevices: { [EAST]: 1 }, payload: { site: 7 } } },
  };

  it('is what the assignment brings', async () => {
    const { answer } = await ask(bodyOf(ON_WEST), holds(assignedTo(EAST, { initialTwin, payload })), grouped);

    expect(answer).toMatchObject({ body: { iotHubHostName: EAST, initialTwin, payload } });
  });

  it('is no twin for a device that has arrived: it would begin anew there', async () => {
    const context = { currentIotHubHostName: EAST };
    const { answer } = await ask(bodyOf(context), holds(assignedTo(EAST, { initialTwin, payload })));

    expect(answer).toMatchObject({ body: { iotHubHostName: EAST, payload } });
    expect(answer).not.toHaveProperty('body.initialTwin');
  });

  it.each([
    ['new', {}, undefined, EAST],
    ['staying', ON_WEST, undefined, WEST],
    ['moving', ON_WEST, assignedTo(BAD), BAD],
  ])('is the payload of its group for a device that is %s', async (_, context, stored, hub) => {
    const { answer } = await ask(bodyOf(context), holds(stored), grouped);

    expect(answer).toMatchObject({ status: 200, body: { iotHubHostName: hub, payload: { site: 7 } } });
  });
});

describe('any request', () => {
  const hub = fc.constantFrom(WEST, EAST, BAD, 'far.azure-devices.net', 'new.azure-devices.net');
  const request: fc.Arbitrary<AllocationRequest> = fc.record({
    registrationId: fc.stringMatching(/^[a-z0-9]{1,20}$/),
    group: fc.option(fc.constantFrom('doors', 'pumps'), { nil: undefined }),
    currentHub: fc.option(hub, { nil: undefined }),
    linkedHubs: fc.uniqueArray(hub, { minLength: 1 }),
  });
  const rules: fc.Arbitrary<AllocationRules> = fc
    .record({ newDevices: fc.dictionary(hub, fc.integer({ min: 1, max: 1000 })) })
    .map((each) => ({ default: each, groups: {} }));
  const assignment = fc.option(
    hub.map((to) => ({ hub: to, rolloutId: 'move-1', at: '' }) as unknown as Assignment),
    { nil: undefined },
  );

  it('is answered with one of its linked hubs or with none', () => {
    fc.assert(
      fc.property(request, assignment, rules, (asked, assigned, given) => {
        const answer = decide(asked, assigned, given);
        return answer.status !== 200 || asked.linkedHubs.includes(answer.body.iotHubHostName);
      }),
    );
  });

  it('never takes a device without an assignment from its hub', () => {
    fc.assert(
      fc.property(request, hub, rules, (asked, currentHub, given) => {
        const answer = decide({ ...asked, currentHub }, undefined, given);
        return answer.status !== 200 || answer.body.iotHubHostName === currentHub;
      }),
    );
  });

  it('sends a device with an assignment there or nowhere', () => {
    fc.assert(
      fc.property(request, hub, rules, (asked, to, given) => {
        const answer = decide(asked, { hub: to, rolloutId: 'move-1', at: '' } as unknown as Assignment, given);
        return answer.status !== 200 || answer.body.iotHubHostName === to;
      }),
    );
  });
});
