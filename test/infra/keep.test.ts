import type { ResourceTransformationArgs } from '@pulumi/pulumi';
import { keep } from '../../infra/keep';

const optionsOf = (type: string) =>
  keep({ type, name: 'n', props: {}, opts: {} } as unknown as ResourceTransformationArgs);

it.each([
  'azure-native:resources:ResourceGroup',
  'azure-native:iothub:IotHubResource',
  'azure-native:deviceprovisioningservices:IotDpsResource',
  'azure-native:storage:StorageAccount',
])('protects and retains %s', (type) => {
  expect(optionsOf(type)).toMatchObject({ opts: { protect: true, retainOnDelete: true } });
});

it('lets what is below them come and go, though it would inherit the protection', () => {
  expect(optionsOf('azure-native:iothub:IotHubResourceEventHubConsumerGroup')).toEqual({
    props: {},
    opts: { protect: false },
  });
});
