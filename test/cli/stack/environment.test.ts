import { execFileSync } from 'node:child_process';
import { changeOf, shellLines, withoutForeign } from '../../../cli/stack/environment';

it('leaves out everything that could lead a program to another Temporal, Azure or Pulumi', () => {
  const environment = {
    HOME: '/home/ada',
    TEMPORAL_API_KEY: 'k',
    AZURE_CLIENT_SECRET: 's',
    ARM_CLIENT_ID: 'c',
    PULUMI_ACCESS_TOKEN: 't',
    IDENTITY_ENDPOINT: 'http://127.0.0.1',
    MY_AZURE_NOTE: 'kept',
  };

  expect(withoutForeign(environment)).toEqual({ HOME: '/home/ada', MY_AZURE_NOTE: 'kept' });
});

it('tells what turns one environment into another', () => {
  const before = { SAME: '1', OTHER: '1', GONE: '1' };
  const after = { SAME: '1', OTHER: '2', NEW: '3' };

  expect(changeOf(before, after)).toEqual({ set: { NEW: '3', OTHER: '2' }, unset: ['GONE'] });
});

it('writes values that a shell reads back unchanged, whatever they hold', () => {
  const value = `it's "$HOME" \`date\` \\ $(id)\nand a second line`;
  const script = [...shellLines({ set: { VALUE: value }, unset: ['GONE'] }), 'printf %s "$VALUE$GONE"'].join('\n');

  const read = execFileSync('sh', ['-c', script], { env: { GONE: 'still here' }, encoding: 'utf8' });

  expect(read).toBe(value);
});
