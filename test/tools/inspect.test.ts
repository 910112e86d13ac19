import { rmSync } from 'node:fs';
import { doctorText } from '../../cli/commands/doctor';
import { inspect, sufficient } from '../../tools/inspect';
import { failingSource, givingSource, specOf, temporaryFolder, writeProgram } from './fake-tool';

let folder: string;
beforeEach(() => (folder = temporaryFolder()));
afterEach(() => rmSync(folder, { recursive: true }));

const inspectHere = (...sources: Parameters<typeof specOf>) => {
  const spec = specOf(...sources);
  return inspect({ temporal: spec, pulumi: { ...spec, tool: 'pulumi' } }, { cache: `${folder}/cache`, path: folder });
};

it('tells what is found, what the next run can install and what is missing, and installs nothing', async () => {
  writeProgram(folder, 'npm', '11.19.1');
  writeProgram(folder, 'temporal', 'temporal version 1.9.0');
  const registry = givingSource('registry', 'temporal version 1.9.1');

  const obtainable = await inspectHere(registry, failingSource('download', 'no route'));
  const missing = await inspectHere(failingSource('download', 'no route'));

  const statusOf = (checks: typeof missing, name: string) => checks.find((check) => check.name === name)?.status;
  expect(statusOf(obtainable, 'temporal')).toBe('found');
  expect([statusOf(obtainable, 'pulumi'), sufficient(obtainable)]).toEqual(['obtainable', true]);
  expect([statusOf(missing, 'pulumi'), sufficient(missing)]).toEqual(['missing', false]);
  expect([statusOf(missing, 'go'), statusOf(missing, 'python with pip')]).toEqual(['absent', 'absent']);
  expect(registry.asked).toBe(0);
});

it('prints where each thing is, and for what is missing why and what to do', async () => {
  const temporal = writeProgram(folder, 'temporal', 'temporal version 1.9.0');

  const text = doctorText(await inspectHere(failingSource('download', 'no route')));

  expect(text).toContain(`${temporal}: on PATH`);
  expect(text).toMatch(/missing +pulumi .*needed: >=1\.8\.0 <2.*\n.*install it by hand .*download: no route/);
});
