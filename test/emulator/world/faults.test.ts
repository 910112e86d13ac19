import { COMMON_KINDS, Faults, type FaultRule } from '../../../emulator/world/faults';

const rule = (given: Partial<FaultRule>): Omit<FaultRule, 'id'> => ({
  operation: '*',
  hub: '*',
  deviceId: '*',
  rate: 1,
  seed: 1,
  times: undefined,
  fault: { kind: 'drop' },
  ...given,
});

/** Faults to which operations of these names are known. */
function known(): Faults {
  const faults = new Faults();
  faults.declare(COMMON_KINDS, 'twins.get', 'mqtt.connect', 'query');
  faults.declare(['lag'], 'query');
  faults.declare(['stall'], 'jobs.row');
  return faults;
}

it('strikes the operations, hubs and devices that a rule names, and no others', () => {
  const faults = known();
  faults.add(rule({ operation: 'twins.*', hub: 'west-*', deviceId: 'pump-1' }));

  expect(faults.at('twins.get', { hub: 'West-1', deviceId: 'pump-1' })).toEqual({ kind: 'drop' });
  expect(faults.at('twinsXget', { hub: 'west-1', deviceId: 'pump-1' })).toBeUndefined();
  expect(faults.at('twins.get', { hub: 'east-1', deviceId: 'pump-1' })).toBeUndefined();
  expect(faults.at('twins.get', { hub: 'west-1', deviceId: 'Pump-1' })).toBeUndefined();
  expect(faults.at('twins.get', { hub: 'west-1' })).toBeUndefined();
});

it('strikes as often as it may, and then lets the next rule strike', () => {
  const faults = known();
  faults.add(rule({ times: 2 }));
  faults.add(rule({ fault: { kind: 'delay', ms: 5 } }));

  const struck = Array.from({ length: 3 }, () => faults.at('query')?.kind);

  expect(struck).toEqual(['drop', 'drop', 'delay']);
  expect(faults.list().map((each) => each.struck)).toEqual([2, 1]);
});

it('strikes the same operations for the same seed, and about as many as the rate says', () => {
  const strikes = (seed: number): boolean[] => {
    const faults = known();
    faults.add(rule({ rate: 0.3, seed }));
    return Array.from({ length: 1000 }, () => faults.at('query') !== undefined);
  };

  expect(strikes(7)).toEqual(strikes(7));
  expect(strikes(7)).not.toEqual(strikes(8));
  expect(strikes(7).filter(Boolean).length).toBeGreaterThan(250);
  expect(strikes(7).filter(Boolean).length).toBeLessThan(350);
});

it('ends with its removal', () => {
  const faults = known();
  const { id } = faults.add(rule({}));

  expect(faults.remove(id)).toBe(true);
  expect(faults.remove(id)).toBe(false);

  expect(faults.at('query')).toBeUndefined();
});

it('tells why a rule could never strike', () => {
  const faults = known();
  const drop = { kind: 'drop' } as const;

  for (const operation of ['twins.get', 'Twins.*', '*', 'mqtt.*'])
    expect(faults.problemOf({ operation, fault: drop })).toBeUndefined();
  expect(faults.problemOf({ operation: 'twin.get', fault: drop })).toBe(
    "operation: 'twin.get' matches none of jobs.row, mqtt.connect, query, twins.get",
  );
  expect(faults.problemOf({ operation: 'mqtt.*', fault: { kind: 'lag', ms: 5 } })).toBe(
    "fault.kind: 'lag' is none of what 'mqtt.*' knows: delay, drop, halfClose, status",
  );
});

it('strikes by a rule for many operations only those that know its kind', () => {
  const faults = known();
  faults.add(rule({ fault: { kind: 'stall' } }));

  expect(faults.at('twins.get')).toBeUndefined();
  expect(faults.at('jobs.row')).toEqual({ kind: 'stall' });
  expect(faults.list()[0]?.struck).toBe(1);
});

it('keeps lags apart from what strikes an operation', () => {
  const faults = known();
  const lag = { kind: 'lag', ms: 30_000 } as const;
  faults.add(rule({ operation: 'query', hub: 'west', fault: lag, times: 1 }));

  expect(faults.lagsOf('query', { hub: 'west' })).toEqual([lag]);
  expect(faults.lagsOf('query', { hub: 'east' })).toEqual([]);
  expect(faults.at('query', { hub: 'west' })).toBeUndefined();
  expect(faults.lagAt('query', { hub: 'west' })).toEqual(lag);
  expect(faults.lagAt('query', { hub: 'west' })).toBeUndefined();
});
