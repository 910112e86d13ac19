import { z } from 'zod';
import { HubError } from '../errors';
import { firstProblem } from '../jobs/spec';

/** What to import or export, and where (REST reference, "Jobs - Create Import Export Job"; arm-iothub, ExportDevicesRequest). */
export interface TransferSpec {
  readonly type: 'import' | 'export';
  /** Container that is read; without effect on an export. */
  readonly inputContainerUri: string | undefined;
  /** Container that is written: devices, or the errors of an import. */
  readonly outputContainerUri: string;
  readonly inputBlobName: string;
  readonly outputBlobName: string;
  readonly excludeKeys: boolean;
  /** Whether URIs carry no SAS and the hub goes there as itself. */
  readonly isIdentityBased: boolean;
  /** Id of the identity to go by; the hub's own unless given. */
  readonly userAssignedIdentity?: string | undefined;
  readonly includeConfigurations: boolean;
  readonly configurationsBlobName: string;
}

const text = z.string().min(1).max(4096).nullish();

/** A request's body, by the service API's names. */
const TransferBody = z.object({
  type: z
    .string()
    .toLowerCase()
    .pipe(z.enum(['import', 'export'])),
  inputBlobContainerUri: text,
  outputBlobContainerUri: text,
  inputBlobName: text,
  outputBlobName: text,
  excludeKeysInExport: z.boolean().nullish(),
  storageAuthenticationType: z
    .string()
    .toLowerCase()
    .pipe(z.enum(['keybased', 'identitybased']))
    .nullish(),
  identity: z.looseObject({ userAssignedIdentity: text }).nullish(),
  includeConfigurations: z.boolean().nullish(),
  configurationsBlobName: text,
});

/** @throws HubError ArgumentInvalid, naming the member that is wrong */
export function transferSpecOf(body: unknown): TransferSpec {
  const { data, error } = TransferBody.safeParse(body);
  if (error) throw invalid(firstProblem(error));
  const { outputBlobContainerUri, inputBlobContainerUri } = data;
  if (!outputBlobContainerUri) throw invalid('outputBlobContainerUri is missing');
  if (data.type === 'import' && !inputBlobContainerUri) throw invalid('inputBlobContainerUri is missing');
  return {
    type: data.type,
    inputContainerUri: inputBlobContainerUri ?? undefined,
    outputContainerUri: outputBlobContainerUri,
    inputBlobName: data.inputBlobName ?? 'devices.txt',
    outputBlobName: data.outputBlobName ?? (data.type === 'export' ? 'devices.txt' : 'importErrors.log'),
    excludeKeys: data.excludeKeysInExport ?? false,
    isIdentityBased: data.storageAuthenticationType === 'identitybased',
    userAssignedIdentity: data.identity?.userAssignedIdentity ?? undefined,
    includeConfigurations: data.includeConfigurations ?? false,
    configurationsBlobName: data.configurationsBlobName ?? 'configurations.txt',
  };
}

const invalid = (problem: string): HubError => new HubError('ArgumentInvalid', `The job is invalid: ${problem}.`);
