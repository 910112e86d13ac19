import type { Authority } from '../../auth/authority';
import type { Entra } from '../../entra/entra';
import { SYSTEM_PRINCIPAL } from '../../entra/principal';
import type { Question } from '../../storage/guard';
import type { ResourceStore } from '../store';
import { isGranted } from './grants';

/** The data planes' view of the local Entra ID and of the role assignments made through the Resource Manager. */
export const roleAuthority = (entra: Pick<Entra, 'verify'>, store: ResourceStore): Authority => ({
  principalOf(token, audience) {
    const { oid, exp } = entra.verify(token, audience);
    return { objectId: oid, expiresAt: exp * 1000 };
  },
  allows: ({ objectId }, resourceId, dataAction) => isGranted(store, objectId, 'data', resourceId, dataAction),
});

/** The blob service's view: the emulator itself may do everything there, on behalf of those whose roles it asked. */
export const storageAuthority =
  (store: ResourceStore) =>
  ({ objectId, needs }: Question): boolean =>
    objectId === SYSTEM_PRINCIPAL.objectId ||
    needs.every(({ plane, resourceId, action }) => isGranted(store, objectId, plane, resourceId, action));
