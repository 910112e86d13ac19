import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import * as pulumi from '@pulumi/pulumi';
import type { FleetConfig } from './config';

/** A file that the configuration names, and the key that names it. */
interface Named {
  readonly key: string;
  readonly file: string;
}

function namedFiles({ provisioning, enrollmentGroups, enrollments }: FleetConfig): Named[] {
  const authorities = Object.entries(provisioning?.certificates ?? {});
  const enrolled = [
    ...Object.entries(enrollmentGroups).map(([id, one]) => [`enrollmentGroups.${id}`, one] as const),
    ...Object.entries(enrollments).map(([id, one]) => [`enrollments.${id}`, one] as const),
  ];
  return [
    ...authorities.map(([name, file]) => ({ key: `provisioning.certificates.${name}`, file })),
    ...enrolled.flatMap(([at, { attestation }]) =>
      attestation.type === 'symmetricKey'
        ? []
        : (['certificate', 'secondaryCertificate'] as const).flatMap((field) => {
            const file = attestation[field];
            return file === undefined ? [] : [{ key: `${at}.attestation.${field}`, file }];
          }),
    ),
  ];
}

/** What is wrong with a certificate's text, or undefined. A private key beside it is refused: it would go to Azure. */
function problemOf(pem: string): string | undefined {
  if (pem.includes('PRIVATE KEY')) return 'the file holds a private key; a certificate alone is needed';
  try {
    new X509Certificate(pem);
    return undefined;
  } catch {
    return 'the file holds no certificate in PEM form';
  }
}

function read(file: string, folder: string): { readonly pem: string } | { readonly problem: string } {
  try {
    const pem = readFileSync(resolve(folder, file), 'utf8');
    const problem = problemOf(pem);
    return problem === undefined ? { pem } : { problem };
  } catch (error) {
    return { problem: `the file cannot be read: ${(error as NodeJS.ErrnoException).code ?? 'unknown reason'}` };
  }
}

/**
 * Reads every certificate that the configuration names, before anything is made.
 *
 * @param folder the project's; paths in the configuration begin there
 * @returns the text of each by its path
 * @throws pulumi.RunError that lists every file that is missing, no certificate, or holds a private key
 */
export function readCertificates(config: FleetConfig, folder: string): ReadonlyMap<string, string> {
  const certificates = new Map<string, string>();
  const problems: string[] = [];
  for (const { key, file } of namedFiles(config)) {
    const found = read(file, folder);
    if ('pem' in found) certificates.set(file, found.pem);
    else problems.push(`  groundswell:${key}: got "${file}"; ${found.problem}`);
  }
  if (problems.length === 0) return certificates;
  throw new pulumi.RunError(
    `The stack's configuration names certificates that cannot be used:\n${problems.join('\n')}`,
  );
}
