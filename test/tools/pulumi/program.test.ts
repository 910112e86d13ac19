import { ProgramInfo, RunRequest } from '@pulumi/pulumi/proto/language_pb';
import { Struct } from 'google-protobuf/google/protobuf/struct_pb';
import { argumentsOf, nodeArgumentsOf, variablesOf } from '../../../tools/pulumi/program';

function requestOf(options: Record<string, string | boolean> = {}): RunRequest {
  const info = new ProgramInfo().setRootDirectory('/p').setProgramDirectory('/p/dist/infra').setEntryPoint('.');
  const request = new RunRequest().setProject('groundswell').setStack('dev').setOrganization('organization');
  request.setPwd('/p/dist/infra').setMonitorAddress('127.0.0.1:1').setParallel(16).setDryrun(true);
  request.setInfo(info.setOptions(Struct.fromJavaScript(options))).setArgsList(['extra']);
  request.getConfigMap().set('groundswell:key', 'hunter2').set('groundswell:units', '1');
  return request.setConfigsecretkeysList(['groundswell:key']);
}

it('hands configuration over in the environment and never in the arguments', () => {
  const request = requestOf();

  expect(argumentsOf(request, '127.0.0.1:2').join(' ')).toBe(
    '--monitor 127.0.0.1:1 --engine 127.0.0.1:2 --organization organization --project groundswell ' +
      '--root-directory /p --stack dev --pwd /p/dist/infra --parallel 16 --dry-run . extra',
  );
  expect(variablesOf(request)).toMatchObject({
    PULUMI_CONFIG: JSON.stringify({ 'groundswell:key': 'hunter2', 'groundswell:units': '1' }),
    PULUMI_CONFIG_SECRET_KEYS: '["groundswell:key"]',
  });
});

it("follows the runtime's options in Pulumi.yaml", () => {
  const request = requestOf({ typescript: false, nodeargs: '--max-old-space-size=512  --trace-warnings' });

  expect(variablesOf(request)['PULUMI_NODEJS_TYPESCRIPT']).toBe('false');
  expect(nodeArgumentsOf(request)).toEqual(['--max-old-space-size=512', '--trace-warnings']);
  expect(variablesOf(requestOf())['PULUMI_NODEJS_TYPESCRIPT']).toBe('true');
});
