import type { Need } from './needs';

/** A storage account as its services need it. Keys are base64 and secret. */
export interface Account {
  readonly name: string;
  /** Id in the Resource Manager: what role assignments are scoped to. */
  readonly resourceId: string;
  readonly keys: readonly [string, string];
  readonly allowSharedKeyAccess: boolean;
  readonly allowBlobPublicAccess: boolean;
}

/** Loopback ports of the services. */
export interface Ports {
  readonly blobs: number;
  readonly tables: number;
}

/** Parent to child: the first message, then one whenever an account comes, changes or goes. */
export type ToChild =
  | {
      readonly kind: 'start';
      readonly certFile: string;
      readonly keyFile: string;
      readonly publicKey: string;
      /** Where blobs and tables are kept; undefined for memory. */
      readonly folder: string | undefined;
      /** 0 for a free one. */
      readonly ports: Ports;
    }
  | { readonly kind: 'accounts'; readonly id: number; readonly accounts: readonly Account[] }
  | { readonly kind: 'answer'; readonly id: number; readonly isAllowed: boolean };

/** Child to parent. */
export type FromChild =
  | { readonly kind: 'listening'; readonly ports: Ports }
  | { readonly kind: 'applied'; readonly id: number }
  /** Whether the roles of a principal allow all of this; answered by `answer`. */
  | { readonly kind: 'ask'; readonly id: number; readonly objectId: string; readonly needs: readonly Need[] }
  /** The properties of an account's blob service were set: its website's container is to be made; answered by `answer`. */
  | { readonly kind: 'website'; readonly id: number; readonly account: string }
  | { readonly kind: 'failed'; readonly reason: string };

/** The form of Azurite's AZURITE_ACCOUNTS: `name:key1:key2;…` (Azurite README, "Customized Storage Accounts & Keys"). */
export const azuriteAccounts = (accounts: readonly Account[]): string =>
  accounts.map(({ name, keys }) => [name, ...keys].join(':')).join(';');
