import { effectivePolicy, stepFor } from '../../../emulator/dps/reprovision';

const migrate = { updateHubAssignment: true, migrateDeviceData: true };
const reset = { updateHubAssignment: true, migrateDeviceData: false };
const never = { updateHubAssignment: false, migrateDeviceData: true };
const inA = { assignment: { hub: 'a.test', deviceId: 'd' }, substatus: 'initialAssignment' as const };

it.each([
  ['a device without a hub', undefined, 'a.test', migrate, { kind: 'create', substatus: 'initialAssignment' }],
  ['the same hub, data kept', inA, 'A.TEST', migrate, { kind: 'keep', substatus: 'initialAssignment' }],
  ['the same hub, data reset', inA, 'a.test', reset, { kind: 'reset', substatus: 'reprovisionedToInitialAssignment' }],
  ['another hub, data kept', inA, 'b.test', migrate, { kind: 'move', migrates: true, substatus: 'deviceDataMigrated' }],
  ['another hub, data reset', inA, 'b.test', reset, { kind: 'move', migrates: false, substatus: 'deviceDataReset' }],
  ['another hub, never', inA, 'b.test', never, { kind: 'keep', substatus: 'initialAssignment' }],
  ['no hub yet, never', undefined, 'b.test', never, { kind: 'create', substatus: 'initialAssignment' }],
])('decides on %s', (_what, before, chosen, policy, step) => {
  expect(stepFor(before, chosen, policy)).toEqual(step);
});

it.each([
  ['an old protocol where no policy was ever set', undefined, '2018-04-01', never],
  ['a new protocol where no policy was ever set', undefined, '2018-09-01-preview', migrate],
  ['an old protocol, with the policy that was set', reset, '2018-04-01', reset],
])('goes by the policy for %s', (_what, policy, apiVersion, expected) => {
  expect(effectivePolicy(policy, apiVersion)).toEqual(expected);
});
