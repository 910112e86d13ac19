import { declarationOf, type Members } from '../schema/schema';
import { ACCESS_TYPES } from './access';
import { DEVICE_FUNCTIONS, DEVICE_TYPES } from './devices';
import type { FunctionEntry, TypeEntry } from './entry';
import { HOSTING_FUNCTIONS, HOSTING_TYPES } from './hosting';
import { ACCOUNT, STORAGE_FUNCTIONS, STORAGE_TYPES } from './storage';

/** In no REST specification: the real provider makes up the path, and works on the blob service (static-website.ts). */
export const STATIC_WEBSITE = 'azure-native:storage:StorageAccountStaticWebsite';

export { type FunctionEntry, parametersOf, type TypeEntry } from './entry';

/** A row of the table with what the SDK declares of the type. */
export interface AzureType extends TypeEntry {
  readonly token: string;
  readonly apiVersion: string;
  readonly inputs: Members;
  readonly outputs: Members;
}

const SPECIAL: Readonly<Record<string, TypeEntry>> = {
  [STATIC_WEBSITE]: { path: `${ACCOUNT}/staticWebsite`, envelope: [] },
};
const ROWS = { ...ACCESS_TYPES, ...DEVICE_TYPES, ...STORAGE_TYPES, ...HOSTING_TYPES, ...SPECIAL };

/** Of the account, for the type that has no version of its own. */
const ACCOUNT_VERSION = '2024-01-01';

function azureType([token, entry]: [string, TypeEntry]): [string, AzureType] {
  const declared = declarationOf(token);
  if (declared === undefined)
    throw new Error(`${token} is not in schema/azure-native.json: add it to types.json, run azure-native-schema.mjs`);
  return [
    token,
    {
      ...entry,
      token,
      apiVersion: declared.apiVersion ?? ACCOUNT_VERSION,
      inputs: declared.inputs,
      outputs: declared.outputs,
    },
  ];
}

/** By token. */
export const TYPES: Readonly<Record<string, AzureType>> = Object.fromEntries(Object.entries(ROWS).map(azureType));

/** `getX` reads an X: the functions that the SDK has for every type. */
const readers = Object.values(TYPES)
  .filter(({ token }) => token !== STATIC_WEBSITE)
  .map(({ token, path, apiVersion }): [string, FunctionEntry] => [
    token.replace(/:(\w+)$/, ':get$1'),
    { method: 'GET', path, apiVersion, secrets: [], answers: token },
  ]);

/** By token. */
export const FUNCTIONS: Readonly<Record<string, FunctionEntry>> = {
  ...Object.fromEntries(readers),
  ...DEVICE_FUNCTIONS,
  ...STORAGE_FUNCTIONS,
  ...HOSTING_FUNCTIONS,
};
