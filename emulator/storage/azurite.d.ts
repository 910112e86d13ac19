/* eslint-disable import-x/no-default-export, @typescript-eslint/no-extraneous-class -- Azurite's own shape */
/** The classes of Azurite 3.35 that we use; the package carries no types. Source: dist/src/blob/*.js, dist/src/table/*.js. */
declare module 'azurite/dist/src/blob/BlobConfiguration' {
  export default class BlobConfiguration {
    constructor(
      host: string,
      port: number,
      keepAliveTimeoutS: number,
      metadataDBPath: string,
      extentDBPath: string,
      persistencePaths: { locationId: string; locationPath: string; maxConcurrency: number }[] | undefined,
      enableAccessLog: boolean,
      accessLogWriteStream: undefined,
      enableDebugLog: boolean,
      debugLogFilePath: undefined,
      loose: boolean,
      skipApiVersionCheck: boolean,
      certFile: string,
      keyFile: string,
      password: string,
      oauth: 'basic',
      disableProductStyleUrl: boolean,
      inMemory: boolean,
    );
  }
}

declare module 'azurite/dist/src/blob/BlobServer' {
  import type { Server } from 'node:https';
  import type BlobConfiguration from 'azurite/dist/src/blob/BlobConfiguration';

  export default class BlobServer {
    constructor(configuration: BlobConfiguration);
    readonly httpServer: Server;
    /** Reads AZURITE_ACCOUNTS again, at once. */
    readonly accountDataStore: { refresh(): void };
    start(): Promise<void>;
    close(): Promise<void>;
  }
}

declare module 'azurite/dist/src/table/TableConfiguration' {
  export default class TableConfiguration {
    constructor(
      host: string,
      port: number,
      keepAliveTimeoutS: number,
      metadataDBPath: string,
      enableDebugLog: boolean,
      enableAccessLog: boolean,
      accessLogWriteStream: undefined,
      debugLogFilePath: undefined,
      loose: boolean,
      skipApiVersionCheck: boolean,
      certFile: string,
      keyFile: string,
      password: string,
      oauth: 'basic',
      disableProductStyleUrl: boolean,
      inMemory: boolean,
    );
  }
}

declare module 'azurite/dist/src/table/TableServer' {
  import type { Server } from 'node:https';
  import type TableConfiguration from 'azurite/dist/src/table/TableConfiguration';

  export default class TableServer {
    constructor(configuration: TableConfiguration);
    readonly httpServer: Server;
    /** Reads AZURITE_ACCOUNTS again, at once. */
    readonly accountDataStore: { refresh(): void };
    start(): Promise<void>;
    close(): Promise<void>;
  }
}

declare module 'azurite/dist/src/table/batch/TableBatchSerialization' {
  export class TableBatchSerialization {
    extractPath(uri: string): RegExpMatchArray | null;
    /** @throws Error for a body that it cannot take apart */
    deserializeBatchRequest(body: string): { readonly httpMethod?: string; readonly path?: string }[];
  }
}
