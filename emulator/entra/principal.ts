/**
 * Who the emulator's callers are: one tenant, one subscription, one managed identity. Fixed, so that Pulumi state and
 * role assignments written against one run of the emulator stay valid in the next.
 */
export const TENANT_ID = '7e9a1c52-0b64-4f3e-9d41-5a1f0c2b8e00';
export const SUBSCRIPTION_ID = '3c0f5d1e-6a27-4b89-8e13-d2b47a90f600';

/** An application's service principal, as tokens and role assignments name it. */
export interface AppPrincipal {
  readonly objectId: string;
  readonly clientId: string;
}

/** The identity that the managed-identity endpoint speaks for: service principal (object) and application (client) ids. */
export const PRINCIPAL = {
  objectId: '5b1d7c3a-94e2-4d06-a7f8-1e6c20b39d00',
  clientId: 'a8f24e60-1d3b-4c95-b07e-93d5c41f7a00',
} as const satisfies AppPrincipal;

/** What the emulator calls its own services as; no role is asked of it, and no program gets its tokens. */
export const SYSTEM_PRINCIPAL = {
  objectId: '00000000-0000-4000-8000-5e1f5e1f5e1f',
  clientId: '00000000-0000-4000-8000-5e1f5e1f5e10',
} as const satisfies AppPrincipal;
