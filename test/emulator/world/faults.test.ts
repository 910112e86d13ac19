import { Faults, type FaultRule } from '../../../emulator/world/faults';

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

it('strikes the operations, hubs and devices that a rule names, and no others', () => {
  const faults = new Faults();
  faults.add(rule({ operation: 'twins.*', hub: 'west-*', deviceId: 'pump-1' }));

  expect(faults.at('twins.get', { hub: 'West-1', deviceId: 'pump-1' })).toEqual({ kind: 'drop' });
  expect(faults.at('twinsXget', { hub: 'west-1', deviceId: 'pump-1' })).toBeUndefined();
  expect(faults.at('twins.get', { hub: 'east-1', deviceId: 'pump-1' })).toBeUndefined();
  expect(faults.at('twins.get', { hub: 'west-1', deviceId: 'Pump-1' })).toBeUndefined();
  expect(faults.at('twins.get', { hub: 'west-1' })).toBeUndefined();
});

it('strikes as often as it may, and then lets the next rule strike', () => {
  const faults = new Faults();
  faults.add(rule({ times: 2 }));
  faults.add(rule({ fault: { kind: 'delay', ms: 5 } }));

  const struck = Array.from({ length: 3 }, () => faults.at('query')?.kind);

  expect(struck).toEqual(['drop', 'drop', 'delay']);
  expect(faults.list().map((each) => each.struck)).toEqual([2, 1]);
});

it('strikes the same operations for the same seed, and about as many as the rate says', () => {
  const strikes = (seed: number): boolean[] => {
    const faults = new Faults();
    faults.add(rule({ rate: 0.3, seed }));
    return Array.from({ length: 1000 }, () => faults.at('query') !== undefined);
  };

  expect(strikes(7)).toEqual(strikes(7));
  expect(strikes(7)).not.toEqual(strikes(8));
  expect(strikes(7).filter(Boolean).length).toBeGreaterThan(250);
  expect(strikes(7).filter(Boolean).length).toBeLessThan(350);
});

it('ends with its removal', () => {
  const faults = new Faults();
  const { id } = faults.add(rule({}));

  expect(faults.remove(id)).toBe(true);
  expect(faults.remove(id)).toBe(false);

  expect(faults.at('query')).toBeUndefined();
});

it('knows the operations that it was told of, and patterns that match one', () => {
  const faults = new Faults();
  faults.declare('twins.get', 'mqtt.connect');

  expect(['twins.get', 'Twins.*', '*', 'mqtt.*'].every((pattern) => faults.isKnown(pattern))).toBe(true);
  expect(['twin.get', 'amqp.*'].some((pattern) => faults.isKnown(pattern))).toBe(false);
});
