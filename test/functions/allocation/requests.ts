export const WEST = 'west.azure-devices.net';
export const EAST = 'east.azure-devices.net';
export const BAD = 'bad.azure-devices.net';

/** A body as DPS sends it. Source: iot-dps/concepts-custom-allocation.md, "Custom allocation policy request". */
export const bodyOf = (
  context: Readonly<Record<string, unknown>> = {},
  { linkedHubs = [WEST, EAST, BAD], apiVersion = '2021-10-01' } = {},
) => ({
  enrollmentGroup: {
    enrollmentGroupId: 'doors',
    attestation: { type: 'symmetricKey' },
    capabilities: { iotEdge: false },
    etag: '"13003fea-0000-0300-0000-62d1d5e50000"',
    provisioningStatus: 'enabled',
    reprovisionPolicy: { updateHubAssignment: true, migrateDeviceData: true },
    createdDateTimeUtc: '2022-07-05T21:27:16.8123235Z',
    lastUpdatedDateTimeUtc: '2022-07-15T21:02:29.5922255Z',
    allocationPolicy: 'custom',
    iotHubs: linkedHubs,
    customAllocationDefinition: { webhookUrl: 'https://x.azurewebsites.net/api/allocate?****', apiVersion },
  },
  deviceRuntimeContext: { registrationId: 'door-17', symmetricKey: {}, ...context },
  linkedHubs,
});
