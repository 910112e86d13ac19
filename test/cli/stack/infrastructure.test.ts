import { withFirstSettings } from '../../../cli/stack/infrastructure';

const FIRST = 'config:\n  groundswell:protect: "false"\n  groundswell:registerDevices: "true"\n';

it('gives a new local stack its settings', () => {
  expect(withFirstSettings('')).toBe(FIRST);
  expect(withFirstSettings('config: {}\n')).toContain('groundswell:protect');
});

it('adds what an older file lacks, and leaves what the user has set', () => {
  const mine = '# mine\nencryptionsalt: v1:abc\nconfig:\n  groundswell:protect: "true"\n';

  expect(withFirstSettings(mine)).toBe(`${mine}  groundswell:registerDevices: "true"\n`);
  expect(withFirstSettings(FIRST)).toBe(FIRST);
});
