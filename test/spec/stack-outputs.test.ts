import { hubNameOf } from '../../domain/ids';
import { parseStackOutputs, readStackOutputs } from '../../spec/stack-outputs';

const key = 'c2VjcmV0LXNlY3JldC1zZWNyZXQ=';
const keyless = { hostName: 'hub.azure-devices.net', sku: { name: 'S1', units: 1 } };
const hub = {
  ...keyless,
  connectionString: `HostName=hub.azure-devices.net;SharedAccessKeyName=p;SharedAccessKey=${key}`,
};
const ledger = { blobEndpoint: 'https://account.blob.core.windows.net/', container: 'ledger' };

it('reads what the stack puts out, and leaves what it does not know', () => {
  const outputs = parseStackOutputs({ hubs: { main: hub }, ledger, dashboardUrl: 'https://example.test' });

  expect([...outputs.hubs]).toEqual([['main', { ...hub, quarantine: false }]]);
  expect(outputs.ledger).toEqual(ledger);
});

it('names every wrong field and shows no value, since values may be secrets', () => {
  const wrong = {
    hubs: { main: { ...hub, sku: { name: 'S9', units: 0 }, connectionString: key } },
    ledger: { ...ledger, blobEndpoint: 'http://plain' },
  };

  const read = () => parseStackOutputs(wrong);

  expect(read).toThrow(
    'GS_OUTPUTS_INVALID: the stack outputs do not have the shape that Groundswell reads (fields=hubs.main.sku.name, hubs.main.sku.units, hubs.main.connectionString, ledger.blobEndpoint)',
  );
  expect(read).not.toThrow(key);
});

it('refuses a stack without a hub', () => {
  expect(() => parseStackOutputs({ hubs: {}, ledger })).toThrow('fields=hubs');
  expect(() => parseStackOutputs(null)).toThrow('GS_OUTPUTS_INVALID');
});

it('reads a stack that signs in by Entra ID, which has no connection string, with all its parts', () => {
  const provisioning = {
    name: 'dps',
    idScope: '0ne00000001',
    serviceHostName: 'dps.azure-devices-provisioning.net',
    deviceHostName: 'global.azure-devices-provisioning.net',
    enrollmentGroups: ['doors'],
  };
  const worker = { clientId: 'c', principalId: 'p' };

  const outputs = parseStackOutputs({ auth: 'entra', hubs: { main: keyless }, provisioning, ledger, worker });

  expect(outputs).toMatchObject({ auth: 'entra', provisioning, worker });
  expect(outputs.hubs.get(hubNameOf('main'))).toEqual({ ...keyless, quarantine: false });
});

it('asks for a connection string where the stack signs in by keys', () => {
  expect(() => parseStackOutputs({ auth: 'sas', hubs: { main: keyless }, ledger })).toThrow(
    'fields=hubs.main.connectionString',
  );
});

it('quotes nothing of outputs that are no JSON: they hold keys', () => {
  expect(() => readStackOutputs('SharedAccessKey=c2VjcmV0')).toThrow(/^the stack outputs are not JSON; pipe [^=]*$/);
});

it("reads a neighbour's hubs and provisioning service, and where assignments lie", () => {
  const provisioning = { name: 'dps', idScope: '0ne1', serviceHostName: 'dps.host', deviceHostName: 'global.host' };
  const outputs = parseStackOutputs({
    auth: 'sas',
    hubs: {
      west: {
        hostName: 'w.host',
        sku: { name: 'S1', units: 1 },
        connectionString: 'HostName=w.host;SharedAccessKey=k',
      },
      // It signs in by Entra ID, whatever this stack does.
      east: { hostName: 'e.host', sku: { name: 'S1', units: 1 }, stack: 'other' },
    },
    provisioning: { ...provisioning, linkedHubs: ['w.host'] },
    provisioningServices: { other: provisioning },
    ledger: { blobEndpoint: 'https://ledger.host', container: 'ledger' },
    allocation: { webhookUrl: 'https://allocate.host/api', container: 'allocations', rules: {} },
  });

  expect(outputs.hubs.get(hubNameOf('east'))).toMatchObject({ hostName: 'e.host', stack: 'other' });
  expect(outputs.provisioning?.linkedHubs).toEqual(['w.host']);
  expect(outputs.provisioningServices).toEqual({ other: { ...provisioning, enrollmentGroups: [] } });
  expect(outputs.allocation?.container).toBe('allocations');
});
