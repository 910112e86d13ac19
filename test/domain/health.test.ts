import fc from 'fast-check';
import { healthText, judgeHealth, type Measured, type Side } from '../../domain/health';
import type { HealthMeasure, HealthRule, Range } from '../../domain/spec';

const REJECTED: HealthMeasure = { kind: 'rejected' };
const CELSIUS: HealthMeasure = { kind: 'mean', field: 'Celsius' };

const rule = (change: Partial<HealthRule>): HealthRule => ({ measure: REJECTED, minimum: 5, graceMs: 0, ...change });
const side = (value: number, devices = 20): Side => ({ devices, value });
const most = (value: number): Range => ({ op: '<=', value });
const within = (reach: number): Range => ({ op: 'to', least: -reach, most: reach });

it.each<[string, Partial<HealthRule>, Measured, string, string]>([
  ['a value at its bound', { value: most(0.02) }, { wave: side(0.02) }, 'passed', '2%, <= 2%'],
  ['a value above it', { value: most(0.02) }, { wave: side(0.021) }, 'failed', '2.1%, not <= 2%'],
  [
    'a value at a bound that it must not reach',
    { value: { op: '<', value: 1 } },
    { wave: side(1) },
    'failed',
    'not < 100%',
  ],
  [
    'a value that must be high',
    { measure: CELSIUS, value: { op: '>=', value: -4 } },
    { wave: side(-4) },
    'passed',
    '>= -4',
  ],
  [
    'a difference in both directions',
    { measure: CELSIUS, untouched: { difference: within(3) } },
    { wave: side(17.5), untouched: side(21, 80) },
    'failed',
    '17.5, untouched devices have 21 (80 devices): a difference of -3.5, not -3 to 3',
  ],
  [
    'a ratio to its own past',
    { measure: CELSIUS, past: { forMs: 1, ratio: most(1.2) } },
    { wave: side(24), past: side(20) },
    'passed',
    '24, before the wave it was 20 (20 devices): 1.2 times that, <= 1.2',
  ],
  [
    'nothing beside nothing',
    { untouched: { ratio: most(1) } },
    { wave: side(0), untouched: side(0) },
    'passed',
    '1 times',
  ],
  [
    'something beside nothing',
    { untouched: { ratio: most(1_000) } },
    { wave: side(0.001), untouched: side(0) },
    'failed',
    'more than any number of times that',
  ],
  [
    'a ratio to what is below zero',
    { measure: CELSIUS, untouched: { ratio: most(2) } },
    { wave: side(5), untouched: side(-5) },
    'inconclusive',
    'a ratio needs a reference above 0',
  ],
  ['too few devices of the wave', { value: most(1) }, { wave: side(0, 4) }, 'inconclusive', '4 devices of the wave'],
  ['no device of the wave', { value: most(1) }, { wave: { devices: 0 } }, 'inconclusive', '0 devices of the wave'],
  [
    'too few untouched devices',
    { value: most(1), untouched: { difference: most(1) } },
    { wave: side(0), untouched: side(0, 4) },
    'inconclusive',
    '4 untouched devices with data, 5 are needed',
  ],
  [
    'no past',
    { past: { forMs: 1, difference: most(1) } },
    { wave: side(0), past: { devices: 0 } },
    'inconclusive',
    '0 devices of the wave with a past',
  ],
  [
    'a bound that does not hold, and another that cannot be asked',
    { value: most(0.01), untouched: { difference: most(1) } },
    { wave: side(0.5), untouched: { devices: 0 } },
    'failed',
    '50%, not <= 1%',
  ],
  [
    'nobody untouched, where another bound decides',
    { value: most(1), untouched: { difference: most(1) } },
    { wave: side(0), untouched: 'nobody' },
    'passed',
    'leaves none of these hubs untouched',
  ],
  [
    'nobody untouched, and nothing else',
    { untouched: { difference: most(1) } },
    { wave: side(0), untouched: 'nobody' },
    'inconclusive',
    'leaves none of these hubs untouched',
  ],
])('judges %s', (_name, change, measured, kind, reason) => {
  expect(judgeHealth(rule(change), measured)).toMatchObject({
    kind,
    reason: expect.stringContaining(reason) as string,
  });
});

it('says on which side a value is outside', () => {
  const asked = rule({ measure: CELSIUS, value: within(3) });

  expect(judgeHealth(asked, { wave: side(4) }).side).toBe('above');
  expect(judgeHealth(asked, { wave: side(-4) }).side).toBe('below');
  expect(judgeHealth(asked, { wave: side(0) })).not.toHaveProperty('side');
});

it('says what a rule asks', () => {
  const asked = rule({
    measure: { kind: 'quantile', field: 'hPa', at: 0.95 },
    value: { op: '<', value: 1_100 },
    untouched: { difference: within(5), ratio: most(1.5) },
    past: { forMs: 1, ratio: most(2) },
  });

  expect(healthText(asked)).toBe(
    '95% quantile of hPa < 1100, minus untouched devices -5 to 5, divided by untouched devices <= 1.5, divided by its own past <= 2; each side 5 devices or more',
  );
});

const number = fc.double({ min: -1e6, max: 1e6, noNaN: true });
const someSide = fc.record({ devices: fc.integer({ min: 0, max: 50 }), value: number });
const measuredSides = fc.record({ wave: someSide, untouched: someSide, past: someSide });
const ranges = fc.oneof(
  fc.record({ op: fc.constantFrom('<', '<=', '>', '>='), value: number }),
  fc.tuple(number, number).map(([a, b]): Range => ({ op: 'to', least: Math.min(a, b), most: Math.max(a, b) })),
);
const rules = fc.record({ value: ranges, untouched: ranges, past: ranges, minimum: fc.integer({ min: 1, max: 30 }) });

it('never passes or fails on fewer devices than it asks for', () => {
  fc.assert(
    fc.property(rules, measuredSides, ({ untouched, minimum }, { wave, untouched: reference }) => {
      const asked = rule({ measure: CELSIUS, minimum, untouched: { difference: untouched } });

      const { kind } = judgeHealth(asked, { wave, untouched: reference });

      const enough = wave.devices >= minimum && reference.devices >= minimum;
      expect(kind === 'inconclusive').toBe(!enough);
    }),
  );
});

it('passes exactly when each of its comparisons passes alone, and fails when one of them does', () => {
  fc.assert(
    fc.property(rules, measuredSides, ({ value, untouched, past, minimum }, measured) => {
      const parts: Partial<HealthRule>[] = [
        { value },
        { untouched: { difference: untouched } },
        { past: { forMs: 1, difference: past } },
      ];
      const kindOf = (change: Partial<HealthRule>) =>
        judgeHealth(rule({ measure: CELSIUS, minimum, ...change }), measured).kind;

      const kinds = parts.map(kindOf);
      const whole = kindOf(Object.assign({}, ...parts) as Partial<HealthRule>);

      expect(whole === 'failed').toBe(kinds.includes('failed'));
      expect(whole === 'passed').toBe(kinds.every((kind) => kind === 'passed'));
    }),
  );
});

it('does not care for the zero of a field when it looks at differences', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -500, max: 500 }),
      fc.integer(),
      fc.integer({ min: 0, max: 9 }),
      (value, shift, reach) => {
        const asked = rule({ measure: CELSIUS, untouched: { difference: within(reach) } });
        const kindAt = (zero: number) => judgeHealth(asked, { wave: side(value + zero), untouched: side(zero) }).kind;

        expect(kindAt(shift)).toBe(kindAt(0));
        expect(kindAt(0)).toBe(Math.abs(value) <= reach ? 'passed' : 'failed');
      },
    ),
  );
});
