import { each, must } from './declared';

export const tls = each('tls-1-2', 'Nothing is served below TLS 1.2, or without TLS.', {
  'azure-native:iothub:IotHubResource': (props) => [must(props, 'properties.minTlsVersion', '1.2')],
  'azure-native:storage:StorageAccount': (props) => [
    must(props, 'minimumTlsVersion', 'TLS1_2', 'TLS1_3'),
    must(props, 'enableHttpsTrafficOnly', true),
  ],
  'azure-native:eventhub:Namespace': (props) => [must(props, 'minimumTlsVersion', '1.2', '1.3')],
  'azure-native:web:WebApp': (props) => [
    must(props, 'httpsOnly', true),
    must(props, 'siteConfig.minTlsVersion', '1.2', '1.3'),
  ],
});

export const privateStorage = each('private-storage', 'No blob can be read without signing in.', {
  'azure-native:storage:StorageAccount': (props) => [must(props, 'allowBlobPublicAccess', false)],
  'azure-native:storage:BlobContainer': (props) => [must(props, 'publicAccess', undefined, 'None')],
});
