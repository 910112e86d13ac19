import { telemetrySettingsFrom } from '../../../functions/azure/settings';

const env = {
  TELEMETRY_TABLES_ENDPOINT: 'https://a.table.core.windows.net/',
  SIGNALR_ENDPOINT: 'https://live.service.signalr.net',
};
const events = {
  TELEMETRY_EVENT_HUB: 'telemetry',
  TELEMETRY_CONSUMER_GROUP: 'groundswell',
  Telemetry__fullyQualifiedNamespace: 'ns.servicebus.windows.net',
};
const signIn = { TELEMETRY_AUTHORITY: 'https://login.microsoftonline.com/t', TELEMETRY_AUDIENCE: 'api://f' };

it('takes the settings of the app', () => {
  const found = telemetrySettingsFrom({ ...env, ...events, ...signIn, TELEMETRY_SETTINGS: '{"windowMinutes":1}' });

  expect(found).toMatchObject({
    tableEndpoint: env.TELEMETRY_TABLES_ENDPOINT,
    signalrEndpoint: env.SIGNALR_ENDPOINT,
    signIn: { authority: signIn.TELEMETRY_AUTHORITY, audience: 'api://f' },
    events: { host: 'ns.servicebus.windows.net', eventHub: 'telemetry' },
    settings: { windowMinutes: 1, tries: 10 },
  });
});

it('asks for keys without a tenant, and reads nothing without an event hub', () => {
  expect(Object.keys(telemetrySettingsFrom(env))).toEqual(['tableEndpoint', 'signalrEndpoint', 'settings']);
});

it.each([
  [{ SIGNALR_ENDPOINT: 'http://live' }, 'SIGNALR_ENDPOINT'],
  [{ TELEMETRY_SETTINGS: '{' }, 'TELEMETRY_SETTINGS: no JSON'],
  [{ TELEMETRY_SETTINGS: '{"tries":0}' }, 'TELEMETRY_SETTINGS.tries: a whole number from 1 to 100'],
  [{ TELEMETRY_AUTHORITY: signIn.TELEMETRY_AUTHORITY }, 'both TELEMETRY_AUTHORITY and TELEMETRY_AUDIENCE, or neither'],
  [{ TELEMETRY_AUDIENCE: 'api://f' }, 'both TELEMETRY_AUTHORITY and TELEMETRY_AUDIENCE, or neither'],
  [
    { TELEMETRY_EVENT_HUB: 'telemetry' },
    'with TELEMETRY_CONSUMER_GROUP and Telemetry__fullyQualifiedNamespace beside it',
  ],
])('refuses %j', (change, message) => {
  expect(() => telemetrySettingsFrom({ ...env, ...change })).toThrow(message);
});
