import { ProgramInfo, RunPluginRequest } from '@pulumi/pulumi/proto/language_pb';
import { policyPackArguments, startPolicyPack } from '../../../tools/pulumi/policy-pack';

const requestOf = (kind: string) =>
  new RunPluginRequest()
    .setKind(kind)
    .setArgsList(['127.0.0.1:1234'])
    .setInfo(new ProgramInfo().setProgramDirectory('/packs/fleet'));

it('hands the engine’s address first and the folder of the pack last', () => {
  expect(policyPackArguments(requestOf('analyzer'))).toEqual(['127.0.0.1:1234', '/packs/fleet']);
});

it('refuses any plugin that is no policy pack, by its kind', () => {
  expect(() => startPolicyPack(requestOf('resource'))).toThrow("no plugin of kind 'resource'");
});
