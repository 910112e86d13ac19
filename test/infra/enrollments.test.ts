import { parseConfig } from '../../infra/config';
import { enrollmentArgsOf, enrollmentGroupArgsOf, type Surroundings } from '../../infra/enrollments';

const service = { hostName: 'dps.example' };
const surroundings: Surroundings = {
  service,
  hostNames: { west: 'west.example', bad: 'bad.example' },
  certificates: new Map([['door.pem', 'PEM']]),
  authorities: { root: 'root1a2b' },
  webhookUrl: 'https://own.example',
  secret: (value) => `secret ${value}`,
};
const hubs = { west: {}, bad: { quarantine: true } };
const config = (sections: Record<string, unknown>) =>
  parseConfig({ hubs, provisioning: { certificates: { root: 'root.pem' } }, allocationFunction: true, ...sections });

it('gives a group what the configuration says, hubs by host name and the policy by its two parts', () => {
  const { enrollmentGroups } = config({
    enrollmentGroups: {
      doors: {
        attestation: { type: 'x509', ca: 'root' },
        reprovisionPolicy: 'reprovisionAndResetToInitialConfig',
        hubs: ['west'],
        initialTwin: { tags: { kind: 'door' } },
      },
    },
  });

  const args = Object.entries(enrollmentGroups).map(([id, group]) => enrollmentGroupArgsOf(id, group, surroundings));

  expect(args).toEqual([
    {
      enrollmentGroupId: 'doors',
      adopt: true,
      service,
      attestation: { type: 'x509', caReference: 'root1a2b' },
      reprovisionPolicy: { updateHubAssignment: true, migrateDeviceData: false },
      enabled: true,
      hubs: ['west.example'],
      initialTwin: { tags: { kind: 'door' }, desired: {} },
    },
  ]);
});

it('enrolls a device with its certificate, by the given webhook as a secret or by our own', () => {
  const attestation = { type: 'x509', certificate: 'door.pem' };
  const common = { attestation, reprovisionPolicy: 'never' };
  const { enrollments } = config({
    enrollments: {
      a: { ...common, deviceId: 'Door-A', allocation: { custom: { webhookUrl: 'https://given.example' } } },
      b: { ...common, allocation: { custom: {} } },
    },
  });

  const args = Object.entries(enrollments).map(([id, one]) => enrollmentArgsOf(id, one, surroundings));

  expect(args).toMatchObject([
    {
      registrationId: 'a',
      deviceId: 'Door-A',
      attestation: { type: 'x509', certificate: 'PEM' },
      reprovisionPolicy: { updateHubAssignment: false, migrateDeviceData: false },
      allocation: { custom: { webhookUrl: 'secret https://given.example', apiVersion: '2021-10-01' } },
    },
    { registrationId: 'b', allocation: { custom: { webhookUrl: 'https://own.example' } } },
  ]);
});
