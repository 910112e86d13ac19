import { deviceIdOf, hubNameOf, type RolloutId } from '../../domain/ids';
import type { RolloutSpec, Target } from '../../domain/spec';
import { type FleetDevice, type FleetHub, fleetHub } from '../support/fleet';
import { type FakeService, individual, listedServices, moveTo, roomOn } from '../support/moving-fleet';
import { plannerOn } from '../support/planner';
import { batchOf, count, REST, sizes, specOf as base } from '../support/specs';

const west = hubNameOf('west');
const east = hubNameOf('east');
const ALL: Target = { kind: 'query', hubs: [west], where: '*' };
const REGISTERED: Target = { kind: 'registered', hubs: [west] };

const fleet = (...ids: readonly string[]): FleetDevice[] => ids.map((id) => ({ id }));
const specOf = (change: Partial<RolloutSpec> = {}): RolloutSpec =>
  base({
    target: ALL,
    action: moveTo('east'),
    executor: 'migrate',
    waves: sizes(count(1), REST),
    batch: batchOf({ size: 5 }),
    ...change,
  });
const EVACUATION = moveTo('east', { evacuate: true, trigger: { kind: 'wait' } });

interface Scene extends FakeService {
  readonly west?: FleetHub;
  readonly east?: FleetHub;
  readonly rooms?: Parameters<typeof roomOn>[0];
  readonly others?: Parameters<typeof listedServices>[1];
}

const plannerIn = ({ west: from = fleetHub([]), east: to = fleetHub([]), rooms, others, ...service }: Scene) =>
  plannerOn({ west: from, east: to }, { provisionings: listedServices(service, others), identities: roomOn(rooms) });

/** Reasons for which the plan of a move is refused. */
async function reasonsOf(scene: Scene, spec = specOf()): Promise<unknown> {
  const { plan, ledger } = plannerIn(scene);
  const error: unknown = await plan(spec).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: 'GS_MOVE_REFUSED' });
  expect(ledger.records.size).toBe(0);
  return (error as { details: { reasons: unknown } }).details.reasons;
}

describe('the plan of a move', () => {
  it('says how devices are enrolled, where they go, and what the service is asked', async () => {
    const { preview } = plannerIn({
      west: fleetHub(fleet('a', 'b', 'c')),
      individuals: [individual('a', 'west'), individual('x', 'west')],
      groups: { doors: { members: { west: ['b', 'c', 'y'] } } },
      rooms: { east: { devices: 7, most: 500 } },
    });

    const { move, uses, deviceCount } = await preview(specOf());

    expect(deviceCount).toBe(3);
    expect(move).toMatchObject({
      service: 'dps',
      individual: 1,
      group: 2,
      to: [{ hub: east, arriving: 3, has: 7, most: 500 }],
      // A page of groups, of enrollments, and of registrations each; the pages of a service that rests do not count.
      calls: [
        { what: 'registrations', count: 3, most: 6, perMinute: 900 },
        { what: 'operations', count: 10, most: 17, perMinute: 900 },
      ],
      warnings: [],
      rolloutsThere: [],
    });
    expect(uses.map(({ hub }) => hub)).toEqual([west, east]);
  });

  it('skips by name who is assigned to the new hub and connected there, and nobody else', async () => {
    const { preview } = plannerIn({
      west: fleetHub(fleet('away', 'home', 'settled')),
      east: fleetHub([{ id: 'settled' }, { id: 'away', connected: false }]),
      individuals: [individual('settled', 'east'), individual('away', 'east'), individual('home', 'west')],
    });

    const { skipped, deviceCount } = await preview(specOf());

    expect(skipped).toEqual({ count: 1, devices: ['settled'] });
    expect(deviceCount).toBe(2);
  });

  it('warns of devices without a stored policy, by name', async () => {
    const { preview } = plannerIn({
      west: fleetHub(fleet('old')),
      individuals: [{ ...individual('old', 'west'), reprovisionPolicy: undefined }],
    });

    const { move } = await preview(specOf());

    expect(move?.warnings).toEqual([
      { why: expect.stringContaining('Node <= 1.7.3') as string, devices: { count: 1, devices: ['old'] } },
    ]);
  });

  it('comes out differently when an enrollment has changed', async () => {
    const scene = { west: fleetHub(fleet('a')), individuals: [individual('a', 'west')] };
    const expects = await plannerIn(scene).preview(specOf());
    const reset = { reprovisionPolicy: { updateHubAssignment: true, migrateDeviceData: false } };
    const { plan } = plannerIn({ ...scene, individuals: [individual('a', 'west', reset)] });

    await expect(plannerIn(scene).plan(specOf(), { expects })).resolves.toEqual(expects);
    await expect(plan(specOf(), { expects })).rejects.toMatchObject({
      code: 'GS_PLAN_STALE',
      details: { changes: ['what the provisioning service says of the devices has changed'] },
    });
  });

  it('names rollouts that run where the devices go', async () => {
    const other = 'other' as RolloutId;
    const { preview } = plannerOn(
      { west: fleetHub(fleet('a')), east: fleetHub([]) },
      {
        provisionings: listedServices({ individuals: [individual('a', 'west')] }),
        identities: roomOn(),
        claims: { rolloutsOn: (hub) => Promise.resolve(hub === east ? [other] : []) },
      },
    );

    await expect(preview(specOf())).resolves.toMatchObject({ move: { rolloutsThere: [other] }, conflicts: [] });
  });

  it('is refused where the stack has no provisioning service', async () => {
    await expect(plannerOn({ west: fleetHub(fleet('a')) }).preview(specOf())).rejects.toMatchObject({
      code: 'GS_DPS_UNKNOWN',
    });
  });
});

describe('what is refused', () => {
  const NEVER = { reprovisionPolicy: { updateHubAssignment: false, migrateDeviceData: false } };
  const a = fleetHub(fleet('a'));
  const group = (rule: NonNullable<NonNullable<Scene['groups']>[string]['rule']>): Scene => ({
    west: a,
    groups: { doors: { rule, members: { west: ['a'] } } },
  });

  it.each<[string, Scene, string]>([
    ['no enrollment', { west: a }, '1 device without enrollment at dps (a)'],
    [
      'a disabled enrollment',
      { west: a, individuals: [individual('a', 'west', { enabled: false })] },
      '1 device with an enrollment that is disabled (a)',
    ],
    [
      'the policy never',
      { west: a, individuals: [individual('a', 'west', NEVER)] },
      '1 device with an enrollment that never lets them move (reprovision policy never: updateHubAssignment is false) (a)',
    ],
    ['a group with the policy never', group(NEVER), expect.stringContaining('of group doors, which never') as string],
    ['a disabled group', group({ enabled: false }), '1 device of group doors, which is disabled (a)'],
    [
      'a group that does not ask a webhook',
      group({ allocationPolicy: 'hashed' }),
      '1 device of group doors, whose allocation is hashed and not custom: its policy would move all of them at once (a)',
    ],
    [
      'a group that may not assign to the new hub',
      group({ hubs: ['west.azure-devices.net'] }),
      '1 device of group doors, which may not assign to hub east (a)',
    ],
    [
      'a registration on a third hub',
      { west: a, individuals: [individual('a', 'south')] },
      '1 device which dps has on another hub (south.azure-devices.net) than the target names (a)',
    ],
    [
      'the same id on the new hub',
      { west: a, east: fleetHub(fleet('a')), individuals: [individual('a', 'west')] },
      '1 device whose ids hub east has already, of other devices (a)',
    ],
    [
      'a hub that is not linked',
      { west: a, individuals: [individual('a', 'west')], linkedHubs: ['west'] },
      'hub east is not linked to the provisioning service dps',
    ],
    [
      'too few places',
      { west: a, individuals: [individual('a', 'west')], rooms: { east: { devices: 500, most: 500 } } },
      'hub east has 500 devices and takes 500: there is no room for 1 more',
    ],
    [
      'a hub for quarantine that is not meant',
      { west: a, individuals: [individual('a', 'west')], rooms: { east: { quarantine: true } } },
      'hub east is kept for quarantine: write toQuarantine: true where that is meant',
    ],
    [
      'a hub of the Basic tier',
      { west: a, east: fleetHub([], { sku: { name: 'B1', units: 1 } }), individuals: [individual('a', 'west')] },
      'hub east is of tier B1: devices are moved to F1, S1, S2, S3',
    ],
  ])('%s', async (_name, scene, reason) => {
    await expect(reasonsOf(scene)).resolves.toEqual([reason]);
  });

  it('is told all at once, each reason with its count and the first twenty', async () => {
    const many = Array.from({ length: 25 }, (_, index) => `n${index}`);
    const reasons = (await reasonsOf({
      west: fleetHub(fleet('off', ...many)),
      individuals: [individual('off', 'west', { enabled: false })],
    })) as string[];

    expect(reasons).toHaveLength(2);
    expect(reasons).toContain('1 device with an enrollment that is disabled (off)');
    expect(reasons.find((reason) => reason.startsWith('25 devices without'))).toMatch(/\((n\d+, ){20}and 5 more\)$/);
  });

  it('is not what nobody would be moved by', async () => {
    const scene = {
      west: fleetHub(fleet('a')),
      east: fleetHub(fleet('a')),
      rooms: { east: { devices: 1, most: 1, quarantine: true as const } },
    };
    const meant = moveTo('east', { toQuarantine: true });

    await expect(
      plannerIn({ ...scene, individuals: [individual('a', 'east')] }).preview(specOf({ action: meant })),
    ).resolves.toMatchObject({ deviceCount: 0, skipped: { count: 1 }, move: { to: [], individual: 0 } });
  });

  it('lets an evacuation change the policy of an individual enrollment, but not of a group', async () => {
    const scene = {
      individuals: [individual('a', 'west', NEVER)],
      groups: { doors: { rule: NEVER, members: { west: ['b'] } } },
    };

    await expect(reasonsOf(scene, specOf({ target: REGISTERED, action: EVACUATION }))).resolves.toEqual([
      expect.stringMatching(/^1 device of group doors, which never .* \(b\)$/),
    ]);
  });
});

describe('what assignments are to bring', () => {
  const RESET = { reprovisionPolicy: { updateHubAssignment: true, migrateDeviceData: false } };
  const mixed = {
    west: fleetHub(fleet('own', 'along', 'anew')),
    individuals: [individual('own', 'west')],
    groups: { doors: { members: { west: ['along'] } }, gates: { rule: RESET, members: { west: ['anew'] } } },
  };
  const asked = (gifts: Parameters<typeof moveTo>[1]) => specOf({ action: moveTo('east', gifts) });
  const initialTwin = { tags: { floor: 3 } };
  const PAYLOAD = 'no device would get action.migrate.payload: none is of an enrollment group, whose webhook gives it';
  const START =
    'no device would start with action.migrate.initialTwin: it counts in enrollment groups, under the policy that resets or at a first registration';

  it('is said of those who will not get it, by name', async () => {
    const { move } = await plannerIn(mixed).preview(asked({ payload: { site: 7 }, initialTwin }));

    expect(move?.warnings).toEqual([
      { why: expect.stringMatching(/they get no payload/) as string, devices: { count: 1, devices: ['own'] } },
      { why: expect.stringMatching(/their enrollment's/) as string, devices: { count: 1, devices: ['own'] } },
      { why: expect.stringMatching(/^of groups whose/) as string, devices: { count: 1, devices: ['along'] } },
    ]);
    expect(move?.steps.slice(-2)).toEqual([
      'devices of groups get the payload of the spec with their registration',
      'devices of groups whose policy resets start with the initial twin of the spec',
    ]);
  });

  it.each([
    [{ payload: {} }, { west: fleetHub(fleet('own')), individuals: [individual('own', 'west', RESET)] }, PAYLOAD],
    [{ initialTwin }, { west: fleetHub(fleet('own')), individuals: [individual('own', 'west', RESET)] }, START],
    [{ initialTwin }, { west: fleetHub(fleet('a')), groups: { doors: { members: { west: ['a'] } } } }, START],
  ])('is refused where %j would count for nobody', async (gifts, scene, reason) => {
    await expect(reasonsOf(scene, asked(gifts))).resolves.toEqual([reason]);
  });
});

describe('devices by what the provisioning service says', () => {
  const scene = {
    west: fleetHub(fleet('unknown-to-dps')),
    individuals: [individual('a', 'west'), individual('b', 'east'), individual('c')],
    groups: { doors: { members: { west: ['d'], south: ['e'] } } },
  };

  it('are those that it has on the hubs, which are not asked', async () => {
    const planner = plannerIn(scene);
    await planner.plan(specOf({ target: REGISTERED, action: EVACUATION }));

    const [one, other] = await planner.frozen();

    expect([...(one?.deviceIds ?? []), ...(other?.deviceIds ?? [])].sort()).toEqual(['a', 'd']);
    expect(scene.west.asked).toEqual([]);
  });

  it('are those of a list in an evacuation, each of which it must have there', async () => {
    const target = (...ids: readonly string[]): Target => ({
      kind: 'devices',
      hubs: [west],
      devices: ids.map(deviceIdOf),
    });

    await expect(plannerIn(scene).preview(specOf({ target: target('d'), action: EVACUATION }))).resolves.toMatchObject({
      deviceCount: 1,
    });
    await expect(
      plannerIn(scene).preview(specOf({ target: target('d', 'b', 'x'), action: EVACUATION })),
    ).rejects.toMatchObject({ code: 'GS_DEVICE_UNKNOWN', details: { count: 2, devices: ['b', 'x'] } });
  });

  it('are nobody where it has nobody there', async () => {
    await expect(plannerIn({}).preview(specOf({ target: REGISTERED, action: EVACUATION }))).rejects.toMatchObject({
      code: 'GS_TARGET_EMPTY',
    });
  });
});

describe('a release', () => {
  const from = (id: string, hub?: string): FleetDevice => ({
    id,
    ...(hub !== undefined && { tags: { groundswell: { quarantine: { from: hub } } } }),
  });
  const release = specOf({ action: moveTo('origin'), waves: sizes(REST) });

  it('takes each device to the hub that its tag names', async () => {
    const { preview } = plannerOn(
      { west: fleetHub([from('a', 'east'), from('b', 'south')]), east: fleetHub([]), south: fleetHub([]) },
      {
        provisionings: listedServices({ individuals: [individual('a', 'west'), individual('b', 'west')] }),
        identities: roomOn(),
      },
    );

    const { move } = await preview(release);

    expect([...(move?.to ?? [])].sort((one, other) => (one.hub < other.hub ? -1 : 1))).toMatchObject([
      { hub: east, arriving: 1 },
      { hub: 'south', arriving: 1 },
    ]);
  });

  it('is refused for devices of which nobody knows where they came from', async () => {
    const individuals = ['a', 'b', 'c'].map((id) => individual(id, 'west'));
    const scene = {
      west: fleetHub([from('a'), from('b', 'gone'), { ...from('c', 'west'), connected: false }]),
      individuals,
    };

    await expect(reasonsOf(scene, release)).resolves.toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^2 devices whose tag groundswell.quarantine.from names no hub .*\((a, b|b, a)\)$/),
        '1 device at home on hub west, which the target names (c)',
      ]),
    );
  });
});

describe('a move to another provisioning service', () => {
  const action = moveTo('east', { provisioning: 'other' });
  const scene = { west: fleetHub(fleet('a', 'b')), individuals: [individual('a', 'west'), individual('b', 'west')] };

  it('asks that one, also for a group through which nobody has registered yet', async () => {
    const others = { other: { individuals: [individual('a')], groups: { doors: {} } } };

    const { move } = await plannerIn({ ...scene, others }).preview(specOf({ action }));

    expect(move).toMatchObject({ service: 'other', individual: 1, group: 1 });
  });

  it('is refused for devices that are not enrolled there', async () => {
    const others = { other: { individuals: [individual('a')] } };

    await expect(reasonsOf({ ...scene, others }, specOf({ action }))).resolves.toEqual([
      '1 device without enrollment at other (b)',
    ]);
  });
});

describe('late joiners of a move', () => {
  const early = fleet('early');
  const joining = specOf({ waves: sizes(REST) });

  /** A planner that has planned `early`, and one that sees what there is later over the same ledger. */
  async function later(scene: Scene) {
    const first = plannerIn({ west: fleetHub(early), individuals: [individual('early', 'west')] });
    await first.plan(joining);
    const { west: from = fleetHub([]), east: to = fleetHub([]), rooms, others, ...service } = scene;
    return plannerOn(
      { west: from, east: to },
      { ledger: first.ledger, provisionings: listedServices(service, others), identities: roomOn(rooms) },
    );
  }

  it('are taken when they can be moved, and named with the reason when they cannot', async () => {
    const planner = await later({
      west: fleetHub([...early, ...fleet('good', 'unknown', 'off')]),
      individuals: [
        individual('early', 'west'),
        individual('good', 'west'),
        individual('off', 'west', { enabled: false }),
      ],
    });

    const { wave, turnedAway } = await planner.joiners(joining, 2);

    expect(wave).toMatchObject({ index: 2, deviceCount: 1 });
    expect(turnedAway).toHaveLength(2);
    expect(turnedAway).toEqual(
      expect.arrayContaining([
        { why: 'without enrollment at dps', devices: { count: 1, devices: ['unknown'] } },
        { why: 'with an enrollment that is disabled', devices: { count: 1, devices: ['off'] } },
      ]),
    );
    // Whoever asks again hears the same.
    await expect(planner.joiners(joining, 2)).resolves.toEqual({ wave, turnedAway });
  });

  it('are looked at again, and taken once they can be moved', async () => {
    const west = fleetHub([...early, ...fleet('new')]);
    const [before, after] = [[], [individual('new', 'west')]];
    const refused = await later({ west, individuals: before });
    await expect(refused.joiners(joining, 2)).resolves.toEqual({
      turnedAway: [{ why: 'without enrollment at dps', devices: { count: 1, devices: ['new'] } }],
    });
    const enrolled = plannerOn(
      { west, east: fleetHub([]) },
      { ledger: refused.ledger, provisionings: listedServices({ individuals: after }), identities: roomOn() },
    );

    await expect(enrolled.joiners(joining, 2)).resolves.toMatchObject({ wave: { deviceCount: 1 }, turnedAway: [] });
  });

  it('are taken as far as the new hub has room', async () => {
    const planner = await later({
      west: fleetHub([...early, ...fleet('a', 'b', 'c')]),
      individuals: ['a', 'b', 'c'].map((id) => individual(id, 'west')),
      rooms: { east: { devices: 498, most: 500 } },
    });

    const { wave, turnedAway } = await planner.joiners(joining, 2);

    expect(wave).toMatchObject({ deviceCount: 2 });
    expect(turnedAway).toMatchObject([
      {
        why: 'which cannot go there: hub east has 498 devices and takes 500: there is no room for 3 more',
        devices: { count: 1 },
      },
    ]);
  });

  it('cost the provisioning service nothing while there are none', async () => {
    const planner = await later({ west: fleetHub(early) });
    const dead: Parameters<typeof plannerOn>[1] = {
      ledger: planner.ledger,
      identities: roomOn(),
      provisionings: {
        get: () => {
          throw new Error('asked');
        },
      },
    };

    await expect(plannerOn({ west: fleetHub(early) }, dead).joiners(joining, 2)).resolves.toEqual({ turnedAway: [] });
  });
});
