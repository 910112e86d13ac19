import { accountNameOf } from '../../../infra/components/storage-account';

it.each([
  ['ledger', 'ledger'],
  ['Telemetry-page-s', 'telemetrypages'],
  ['groundswell-telemetry-app', 'groundswellae401'],
  ['groundswell-telemetry-page', 'groundswell3ab03'],
])('makes of %s an account name that Azure takes: %s', (name, account) => {
  expect(accountNameOf(name)).toBe(account);
  expect(account).toMatch(/^[a-z0-9]{3,16}$/);
});
