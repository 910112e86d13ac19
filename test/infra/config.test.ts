import { parseConfig, readConfig } from '../../infra/config';

const problemsOf = (values: unknown): string => {
  try {
    parseConfig(values);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
};

it('gives a stack without configuration one protected S1 hub in West Europe', () => {
  expect(parseConfig({})).toEqual({
    location: 'westeurope',
    protect: true,
    hubs: { main: { sku: 'S1', units: 1 } },
  });
});

it('reads values as Pulumi stores them, and leaves those of other projects alone', () => {
  const stored = {
    'groundswell:protect': 'false',
    'groundswell:location': 'northeurope',
    'groundswell:hubs': '{"west":{"sku":"S2","units":3},"east":{}}',
    'azure-native:location': 'elsewhere',
  };

  expect(readConfig(stored)).toEqual({
    location: 'northeurope',
    protect: false,
    hubs: { west: { sku: 'S2', units: 3 }, east: { sku: 'S1', units: 1 } },
  });
});

it('lists every problem at once, each with its key', () => {
  const problems = problemsOf({
    location: '',
    protect: 'yes',
    hub: {},
    hubs: { Main: {}, basic: { sku: 'B1' }, big: { sku: 'S3', units: 11 }, odd: { units: 0, size: 3 } },
  });

  for (const key of ['location', 'protect', 'hubs.Main', 'hubs.basic.sku', 'hubs.big.units', 'hubs.odd']) {
    expect(problems).toContain(`groundswell:${key}`);
  }
  expect(problems).toContain('S3 has at most 10 units');
  expect(problems).toMatch(/"hub"/);
  expect(problems).toMatch(/"size"/);
});

it('asks for at least one hub', () => {
  expect(problemsOf({ hubs: {} })).toContain('at least one hub');
});
