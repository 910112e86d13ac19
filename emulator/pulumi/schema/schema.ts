import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { z } from 'zod';

import { packageRoot } from '../../exec/package-root';

/** Members of an object by name, in the short form of `azure-native.json`: `string`, `#module.Name[]`, `number!`. */
export type Members = Readonly<Record<string, string>>;

const members = z.record(z.string(), z.string());
const file = z.object({
  version: z.string(),
  types: z.record(z.string(), z.object({ apiVersion: z.string().optional(), inputs: members, outputs: members })),
  definitions: z.record(z.string(), members),
});

/** As scripts/azure-native-schema.mjs wrote it from the declarations of the SDK. */
const schema = file.parse(
  JSON.parse(readFileSync(join(packageRoot(), 'pulumi', 'schema', 'azure-native.json'), 'utf8')),
);

/** The version of @pulumi/azure-native whose types these are. */
export const SDK_VERSION = schema.version;

/** Inputs and outputs of a type, and the version of the REST API that the SDK uses for it. */
export const declarationOf = (token: string) => schema.types[token];

export type Shape =
  | { readonly kind: 'string' | 'number' | 'boolean' | 'any' }
  | { readonly kind: 'list' | 'map'; readonly of: Shape }
  | { readonly kind: 'object'; readonly name: string; readonly members: Members };

/** @throws Error for a name that the file does not define, which the script that wrote it excludes */
export function shapeOf(short: string): Shape {
  const text = short.replace(/!$/, '');
  if (text.endsWith('[]')) return { kind: 'list', of: shapeOf(text.slice(0, -2)) };
  if (text.endsWith('{}')) return { kind: 'map', of: shapeOf(text.slice(0, -2)) };
  if (text === 'string' || text === 'number' || text === 'boolean' || text === 'any') return { kind: text };
  const name = text.slice(1);
  const found = schema.definitions[name];
  if (found === undefined) throw new Error(`emulator/pulumi/schema/azure-native.json defines no ${name}`);
  return { kind: 'object', name, members: found };
}

export const isRequired = (short: string): boolean => short.endsWith('!');
