import type { ProvisioningOutputs } from '../spec/stack-outputs';
import type { Fixed, Provisioned } from './agent/index';
import { lookUp, register } from './agent/provisioner';
import { type Enrolled, enrollDevices, groupDevices, scopeOf } from './enrolling';
import { type HubToFill, registerDevices } from './registration';

/** How the devices of a fleet come to their hub. */
export type Admission =
  /** Registered on the hub itself: they stay there. */
  | { readonly kind: 'registry' }
  /** Enrolled one by one, and assigned to the hub. */
  | { readonly kind: 'individual'; readonly service: ProvisioningOutputs }
  /** Members of an enrollment group, which says what hub and twin they get. */
  | {
      readonly kind: 'group';
      readonly service: ProvisioningOutputs;
      readonly group: string;
      /** Base64; the service is asked for it when it is missing. Secret. */
      readonly key?: string | undefined;
    };

/** A device of the fleet. */
export interface Member {
  readonly deviceId: string;
  /** Whether it was registered or enrolled just now. */
  readonly added: boolean;
  readonly identity: Provisioned | Fixed;
  /** Makes it known to its hub without connecting it. */
  exist(): Promise<void>;
}

export interface Admitting {
  readonly hub: HubToFill;
  /** Put on the twins of devices that are new; those of a group get the group's. */
  readonly tags: Readonly<Record<string, unknown>>;
  /** Called with the number of devices dealt with so far. */
  readonly onProgress: (done: number) => void;
}

/** @throws what the services say when they refuse, naming the device where it is one */
export async function admit(
  admission: Admission,
  deviceIds: readonly string[],
  { hub, tags, onProgress }: Admitting,
): Promise<Member[]> {
  if (admission.kind === 'registry') {
    const identities = await registerDevices(hub, deviceIds, tags, onProgress);
    return identities.map(({ deviceId, added, connectionString }) => ({
      ...{ deviceId, added, identity: { connectionString } },
      exist: () => Promise.resolve(),
    }));
  }
  const { service } = admission;
  const enrolled =
    admission.kind === 'group'
      ? await groupDevices(service, admission.group, deviceIds, admission.key)
      : await enrollDevices(service, deviceIds, { hub: hub.hostName, tags }, onProgress);
  return enrolled.map((each) => provisionedMember(each, service));
}

function provisionedMember({ deviceId, key, added }: Enrolled, service: ProvisioningOutputs): Member {
  const provisioning = scopeOf(service);
  const registrant = { registrationId: deviceId, credentials: { kind: 'symmetricKey', key } } as const;
  return {
    ...{ deviceId, added, identity: { ...registrant, provisioning } },
    async exist() {
      if ((await lookUp(registrant, provisioning)) === undefined) await register(registrant, provisioning);
    },
  };
}
