import { BlobServiceClient } from '@azure/storage-blob';
import { z } from 'zod';

import { STORAGE_AUDIENCE } from '../entra/audiences';
import { BLOB_SUFFIX } from '../names';
import type { ArmClient } from './arm-client';
import type { AzureType } from './types';
import { parametersFromId } from './translate';
import type { Properties } from './values';

/** Azure serves the site from this container (storage-blob-static-website.md). */
const CONTAINER = '$web';

/**
 * The static website of an account, which no request to the Resource Manager makes: it is switched on and off on the blob
 * service, with a role for that (azure-native, custom_storage_azidentity.go).
 */
export class StaticWebsites {
  constructor(
    private readonly type: AzureType,
    private readonly identity: Pick<ArmClient, 'token'>,
  ) {}

  /** In the form of an answer of the Resource Manager. */
  async put(id: string, { indexDocument, error404Document }: Properties): Promise<Properties> {
    const staticWebsite = {
      enabled: true,
      ...(typeof indexDocument === 'string' && { indexDocument }),
      ...(typeof error404Document === 'string' && { errorDocument404Path: error404Document }),
    };
    await this.#serviceOf(id).setProperties({ staticWebsite });
    return resourceOf(id, staticWebsite);
  }

  /** Undefined when the website is off. The account has to be there. */
  async find(id: string): Promise<Properties | undefined> {
    const { staticWebsite } = await this.#serviceOf(id).getProperties();
    return staticWebsite?.enabled === true ? resourceOf(id, staticWebsite) : undefined;
  }

  async delete(id: string): Promise<void> {
    await this.#serviceOf(id).setProperties({ staticWebsite: { enabled: false } });
  }

  #serviceOf(id: string): BlobServiceClient {
    const accountName = z.string().parse(parametersFromId(this.type, id)?.['accountName']);
    const getToken = async () => {
      const { text, expiresOn } = await this.identity.token(STORAGE_AUDIENCE);
      return { token: text, expiresOnTimestamp: expiresOn * 1000 };
    };
    return new BlobServiceClient(`https://${accountName}.${BLOB_SUFFIX}`, { getToken });
  }
}

interface Site {
  readonly indexDocument?: string;
  readonly errorDocument404Path?: string;
}

const resourceOf = (id: string, { indexDocument, errorDocument404Path }: Site): Properties => ({
  id,
  properties: {
    containerName: CONTAINER,
    ...(indexDocument && { indexDocument }),
    ...(errorDocument404Path && { error404Document: errorDocument404Path }),
  },
});

/** The account that the website of this id is of. */
export const accountIdOf = (id: string): string => id.slice(0, id.lastIndexOf('/'));
