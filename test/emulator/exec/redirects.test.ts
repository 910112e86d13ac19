import { verdictOn } from '../../../emulator/exec/redirects';

const redirects = [
  { suffix: 'azure-devices.test', port: 443, to: 40001 },
  { suffix: 'azure-devices.test', port: 8883, to: 40002 },
];

it('leads a name and its parent, in any case, to the port that serves it', () => {
  expect(verdictOn(redirects, 'hub.azure-devices.test', 443)).toEqual({ to: 40001 });
  expect(verdictOn(redirects, 'HUB.Azure-Devices.TEST', 8883)).toEqual({ to: 40002 });
  expect(verdictOn(redirects, 'azure-devices.test', 443)).toEqual({ to: 40001 });
});

it('refuses a port that is not served, in words', () => {
  expect(verdictOn(redirects, 'hub.azure-devices.test', 5671)).toEqual({
    refusal: 'iothub-emulator serves no port 5671 of hub.azure-devices.test',
  });
});

it.each(['xazure-devices.test', 'azure-devices.test.example', 'azure-devices.net', '127.0.0.1', ''])(
  'says nothing on %p',
  (host) => {
    expect(verdictOn(redirects, host, 443)).toBeUndefined();
  },
);
