import type { TokenCredential } from '@azure/identity';
import type { TelemetryProcessor } from '../../telemetry/ports';
import { createProcessor, type ProcessorPorts } from '../../telemetry/processor';
import type { TelemetrySettings } from '../../telemetry/settings';
import { telemetryTables } from '../../telemetry/tables';
import { createPublisher } from './publisher';
import { createSignalR } from './signalr';

/** Where the pipeline keeps and tells what it makes of messages. */
export interface PipelinePlaces {
  /** `https://<account>.table…/` */
  readonly tableEndpoint: string;
  /** `https://<name>.service.signalr…` */
  readonly signalrEndpoint: string;
  readonly settings: TelemetrySettings;
  /** With Storage Table Data Contributor on the tables, and SignalR Service Owner. */
  readonly credential: TokenCredential;
}

/** The pipeline as both hosts run it. */
export const createPipeline = (
  { tableEndpoint, signalrEndpoint, settings, credential }: PipelinePlaces,
  onPublishFailure: ProcessorPorts['onPublishFailure'],
): TelemetryProcessor =>
  createProcessor(
    {
      ...telemetryTables(tableEndpoint, credential, Object.keys(settings.fields)),
      publisher: createPublisher(createSignalR(signalrEndpoint, credential)),
      onPublishFailure,
    },
    settings,
  );
