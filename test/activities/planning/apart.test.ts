import { GroundswellError } from '../../../domain/errors';
import { hubNameOf } from '../../../domain/ids';
import type { RolloutSpec } from '../../../domain/spec';
import type { Provisionings } from '../../../activities/provisioning-ports';
import { fleetHub } from '../../support/fleet';
import { individual, listedServices, moveTo, roomOn } from '../../support/moving-fleet';
import { plannerOn } from '../../support/planner';
import { specOf as base } from '../../support/specs';

const west = hubNameOf('west');
const specOf = (hub: string, change: Partial<RolloutSpec> = {}): RolloutSpec =>
  base({
    target: { kind: 'query', hubs: [west], where: '*' },
    quarantine: { after: 1, tags: {}, hub: hubNameOf(hub) },
    ...change,
  });

/** A stack of these hubs, whose service is linked to all of them but for one. */
function planner(provisionings: Provisionings = listedServices({ linkedHubs: ['west', 'east', 'jail', 'small'] })) {
  const known = ['west', 'east', 'jail', 'small', 'loose'];
  const hubs = Object.fromEntries(
    known.map((name) => {
      const devices = name === 'west' ? [{ id: 'a' }] : [];
      return [name, fleetHub(devices, name === 'small' ? { sku: { name: 'B1', units: 1 } } : {})];
    }),
  );
  return plannerOn(hubs, { provisionings, identities: roomOn() });
}

it('plans where devices can be moved to the hub for quarantine', async () => {
  await expect(planner().plan(specOf('jail'))).resolves.toMatchObject({ deviceCount: 1 });
});

it.each<[string, RolloutSpec, object]>([
  [
    'that the stack does not have',
    specOf('gone'),
    {
      code: 'GS_HUB_UNKNOWN',
      details: { field: 'quarantine.hub', hub: 'gone' },
    },
  ],
  [
    'that devices of the target are on already',
    specOf('west'),
    {
      code: 'GS_MOVE_REFUSED',
      details: { field: 'quarantine.hub', to: 'west', reasons: [expect.stringContaining('target.hubs (west)')] },
    },
  ],
  [
    'that the move goes to',
    specOf('east', { action: moveTo('east'), executor: 'migrate' }),
    { code: 'GS_MOVE_REFUSED', details: { to: 'east', reasons: [expect.stringContaining('action.migrate.to')] } },
  ],
  [
    'of the Basic tier',
    specOf('small'),
    {
      code: 'GS_MOVE_REFUSED',
      details: { to: 'small', reasons: ['hub small is of tier B1: allowed are F1, S1, S2, S3'] },
    },
  ],
  [
    'that the provisioning service is not linked to',
    specOf('loose'),
    {
      code: 'GS_MOVE_REFUSED',
      details: {
        to: 'loose',
        reasons: [
          expect.stringMatching(
            /^hub loose \(loose\.azure-devices\.net\) is not linked to .* dps: allowed are west\.azure/,
          ),
        ],
      },
    },
  ],
])('refuses a hub for quarantine %s, before anything is written', async (_name, spec, error) => {
  const { plan, ledger } = planner();

  await expect(plan(spec)).rejects.toMatchObject(error);
  expect(ledger.records.size).toBe(0);
});

it.each<[string, Provisionings | undefined]>([
  ['knows none', undefined],
  [
    'has none',
    {
      get: (name) => {
        throw new GroundswellError('GS_DPS_UNKNOWN', { provisioning: name ?? "the stack's own", known: [] });
      },
    },
  ],
])('refuses to move failing devices where the stack %s of provisioning', async (_name, provisionings) => {
  const { plan, ledger } =
    provisionings === undefined
      ? plannerOn({ west: fleetHub([{ id: 'a' }]), jail: fleetHub([]) })
      : planner(provisionings);

  await expect(plan(specOf('jail'))).rejects.toMatchObject({
    code: 'GS_DPS_UNKNOWN',
    details: { field: 'quarantine.hub' },
  });
  expect(ledger.records.size).toBe(0);
});

it('asks for none of this where devices are only tagged', async () => {
  const { plan } = plannerOn({ west: fleetHub([{ id: 'a' }]) });

  await expect(plan(specOf('jail', { quarantine: { after: 1, tags: { bad: true } } }))).resolves.toMatchObject({
    deviceCount: 1,
  });
});

it('looks at it for a move, too', async () => {
  const services = listedServices({ individuals: [individual('a', 'west')], linkedHubs: ['west', 'east'] });
  const spec = specOf('jail', { action: moveTo('east'), executor: 'migrate' });

  await expect(planner(services).plan(spec)).rejects.toMatchObject({
    code: 'GS_MOVE_REFUSED',
    details: { to: 'jail' },
  });
});
