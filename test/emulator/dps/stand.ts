import { createHmac } from 'node:crypto';
import { newKey } from '../../../emulator/auth/keys';
import type { DpsOptions } from '../../../emulator/dps/options';
import { ProvisioningServices, type ProvisioningService } from '../../../emulator/dps/services';
import type { Registration } from '../../../emulator/dps/registration';
import type { DpsSettings, LinkedHub } from '../../../emulator/dps/settings';
import { Hubs, type Hub } from '../../../emulator/hub/hubs';
import { defaultPolicies } from '../../../emulator/hub/policies';
import { hubSettings } from '../../../emulator/hub/settings';
import { newWorld, type World } from '../../../emulator/world/world';
import { FakeClock } from '../world/fake-clock';

export const ID_SCOPE = '0ne00000001';

/** A provisioning service with two linked hubs, `east` and `west`, in a world of its own. */
export interface Stand {
  readonly clock: FakeClock;
  readonly world: World;
  readonly hubs: Hubs;
  readonly services: ProvisioningServices;
  readonly service: ProvisioningService;
  readonly east: Hub;
  readonly west: Hub;
  /** Registers with a key and waits until it is done. */
  register(
    registrationId: string,
    key: string,
    more?: { payload?: string; apiVersion?: string },
  ): Promise<Registration>;
}

export const linkTo = (hub: Hub, more: Partial<LinkedHub> = {}): LinkedHub => {
  const owner = hub.settings.policies.find(({ keyName }) => keyName === 'iothubowner');
  return {
    hostName: hub.hostName,
    connectionString: `HostName=${hub.hostName};SharedAccessKeyName=iothubowner;SharedAccessKey=${owner?.primaryKey ?? ''}`,
    location: 'westeurope',
    allocationWeight: 1,
    applyAllocationPolicy: true,
    ...more,
  };
};

export const sasOf = (resource: string, key: string, policy?: string): string => {
  const se = Math.floor(Date.now() / 1000) + 3600;
  const sr = encodeURIComponent(resource);
  const sig = createHmac('sha256', Buffer.from(key, 'base64')).update(`${sr}\n${se}`).digest('base64');
  const skn = policy === undefined ? '' : `&skn=${policy}`;
  return `SharedAccessSignature sr=${sr}&sig=${encodeURIComponent(sig)}&se=${se}${skn}`;
};

export const deviceSas = (registrationId: string, key: string): string =>
  sasOf(`${ID_SCOPE}/registrations/${registrationId}`, key, 'registration');

export function dpsSettings(linkedHubs: readonly LinkedHub[], more: Partial<DpsSettings> = {}): DpsSettings {
  return {
    idScope: ID_SCOPE,
    linkedHubs,
    allocationPolicy: 'hashed',
    policies: [],
    certificates: [],
    resourceId: '/subscriptions/s/resourceGroups/g/providers/Microsoft.Devices/provisioningServices/p',
    disableLocalAuth: false,
    ...more,
  };
}

export function newStand(options: Partial<DpsOptions> = {}, given: Partial<World> = {}): Stand {
  const clock = new FakeClock();
  const world = newWorld({ clock, ...given });
  const hubs = new Hubs({ throttle: false }, world);
  const hub = (name: string): Hub =>
    hubs.create(name, hubSettings({ sku: { name: 'S1', units: 1 }, policies: defaultPolicies() }));
  const [east, west] = [hub('east'), hub('west')];
  const services = new ProvisioningServices(hubs, world, options);
  const service = services.create('depot', dpsSettings([linkTo(east), linkTo(west)]));
  return {
    clock,
    world,
    hubs,
    services,
    service,
    east,
    west,
    async register(registrationId, key, { payload, apiVersion = '2019-03-31' } = {}) {
      const credential = { sas: deviceSas(registrationId, key), certificates: [] };
      const { operationId } = service.registrar.register({ registrationId, payload, apiVersion }, credential);
      await clock.advance(service.options.assignMs);
      return service.registrar.poll(registrationId, credential, operationId);
    },
  };
}

/** The body of an individual enrollment with a key of its own. */
export const individual = (registrationId: string, more: object = {}) => ({
  registrationId,
  attestation: { type: 'symmetricKey', symmetricKey: { primaryKey: newKey(), secondaryKey: newKey() } },
  ...more,
});
