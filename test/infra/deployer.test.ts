import { principalTypeOf } from '../../infra/deployer';

it('takes who signed in with the Azure CLI for a person, and any other application for a service principal', () => {
  expect(principalTypeOf({ clientId: '04B07795-8ddb-461a-bbee-02f9e1bf7b46' })).toBe('User');
  expect(principalTypeOf({ clientId: 'a8f24e60-1d3b-4c95-b07e-93d5c41f7a00' })).toBe('ServicePrincipal');
});
