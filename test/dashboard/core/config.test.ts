import { configOf } from '../../../dashboard/core/config';
import { policyOf } from '../../../dashboard/core/policy';

const LOCAL = {
  functionsUrl: 'http://127.0.0.1:7071/',
  liveUrl: 'https://live.service.signalr.net',
  signIn: { kind: 'local' },
};
const ENTRA = {
  ...LOCAL,
  functionsUrl: 'https://fn.azurewebsites.net',
  rolloutsUrl: 'https://rollouts.contoso.com/groundswell/',
  signIn: {
    kind: 'entra',
    clientId: 'b5e1',
    authority: 'https://login.microsoftonline.com/contoso',
    scopes: { functions: 'api://fn/.default' },
  },
};

it('takes addresses without a slash at the end, and a device for online that was heard in five minutes', () => {
  expect(configOf(LOCAL)).toEqual({
    functionsUrl: 'http://127.0.0.1:7071',
    liveUrl: 'https://live.service.signalr.net',
    onlineWithinSeconds: 300,
    signIn: { kind: 'local' },
  });
  expect(configOf(ENTRA)).toMatchObject({
    rolloutsUrl: 'https://rollouts.contoso.com/groundswell',
    signIn: ENTRA.signIn,
  });
});

it('names every field that is wrong at once, with its value and what is allowed', () => {
  const raw = {
    functionsUrl: 'http://fn.contoso.com',
    onlineWithinSeconds: 0,
    signIn: { kind: 'basic' },
    theme: 'dark',
  };
  let text = '';
  try {
    configOf(raw);
  } catch (error) {
    text = String(error);
  }
  expect(text).toContain('functionsUrl is "http://fn.contoso.com", allowed is an https address');
  expect(text).toContain('liveUrl is missing');
  expect(text).toContain('onlineWithinSeconds is 0, allowed is a whole number from 1');
  expect(text).toContain('signIn.kind is "basic", allowed is none, local, entra');
  expect(text).toContain('config.json.theme is "dark", allowed is only functionsUrl');
});

it('lets the page connect to the origins of its configuration and to no other', () => {
  const policy = policyOf(configOf(ENTRA));
  expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self';");
  expect(policy).toContain(
    "connect-src 'self' https://fn.azurewebsites.net https://live.service.signalr.net wss://live.service.signalr.net https://rollouts.contoso.com https://login.microsoftonline.com;",
  );
  expect(policy).not.toMatch(/unsafe|\*/);
});
