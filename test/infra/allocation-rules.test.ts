import { allocationRules } from '../../functions/allocation/rules';
import { allocationRulesOf, settingOf } from '../../infra/allocation-rules';
import { checkConfig, parseConfig } from '../../infra/config';

const hubs = { west: { weight: 3 }, east: {}, bad: { quarantine: true }, apart: {} };
const attestation = { type: 'symmetricKey' };
const group = (custom: object, more: object = {}) => ({
  attestation,
  reprovisionPolicy: 'reprovisionAndMigrateData',
  allocation: { custom },
  ...more,
});
const raw = (enrollmentGroups: object) => ({
  hubs,
  provisioning: { hubs: ['west', 'east', 'bad'] },
  allocationFunction: true,
  enrollmentGroups,
});
const hostNames = { west: 'west.example', east: 'east.example', bad: 'bad.example', apart: 'apart.example' };

it('sends new devices by weight to all linked hubs but those for quarantine, and those of a group where it says', () => {
  const rules = allocationRulesOf(
    parseConfig(
      raw({
        doors: group({}),
        pumps: group({ newDevices: ['bad', 'west'], payload: { site: 7 } }),
        meters: group({ payload: { site: 8 } }),
        hashed: { attestation, reprovisionPolicy: 'never', allocation: 'hashed' },
      }),
    ),
  );

  const setting = settingOf(rules, hostNames);

  const usual = { 'west.example': 3, 'east.example': 1 };
  expect(setting).toEqual({
    default: { newDevices: usual },
    groups: {
      pumps: { newDevices: { 'bad.example': 1, 'west.example': 3 }, payload: { site: 7 } },
      meters: { newDevices: usual, payload: { site: 8 } },
    },
  });
  expect(allocationRules.safeParse(setting).success).toBe(true);
});

it.each([
  [
    'a hub that is not linked',
    { doors: group({ newDevices: ['apart'] }) },
    'enrollmentGroups.doors.allocation.custom.newDevices[0]',
  ],
  [
    'a hub that the group does not have',
    { doors: group({ newDevices: ['west'] }, { hubs: ['east'] }) },
    'enrollmentGroups.doors.allocation.custom.newDevices[0]',
  ],
  [
    "rules for somebody else's webhook",
    { doors: group({ newDevices: ['west'], webhookUrl: 'https://given.example' }) },
    'enrollmentGroups.doors.allocation.custom.newDevices',
  ],
])('refuses %s', (_, groups, path) => {
  expect(checkConfig(raw(groups))).toMatchObject({ kind: 'invalid', problems: [{ path }] });
});

it('refuses rules in a single enrollment, which our function cannot tell apart', () => {
  const enrollments = { a: group({ newDevices: ['west'] }) };

  expect(checkConfig({ ...raw({}), enrollments })).toMatchObject({ kind: 'invalid' });
});
