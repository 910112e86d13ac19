import { DefaultAzureCredential } from '@azure/identity';
import { ContainerClient, RestError } from '@azure/storage-blob';
import { siteFiles } from '../../dashboard/site';
import { readStackOutputs, type StackOutputs } from '../../spec/stack-outputs';
import { CliError, EXIT } from '../output';
import { type Deployed, deployPage } from './deploy';
import { siteFolder } from './site-folder';

/** What the page needs beside what the stack's outputs have. */
export interface PageSettings {
  /** Of the page's own app registration. */
  readonly clientId: string;
  /** @default that of the functions' sign-in */
  readonly authority?: string;
  /** Asked for, for the functions. @default all that the audience of their sign-in has */
  readonly functionsScope?: string;
  readonly rolloutsScope?: string;
  /** Of the API of rollouts, without `/api`. @default none: the page shows devices only */
  readonly rolloutsUrl?: string;
  readonly onlineWithinSeconds?: number;
}

type Telemetry = NonNullable<StackOutputs['telemetry']>;

const missing = (what: string, next: string): CliError =>
  new CliError(EXIT.usage, `${what}: nothing was deployed`, next);

/** The scope of everything that an application lets people do (Entra ID, "The .default scope"). */
const defaultScope = (audience: string): string =>
  `${audience.includes('://') ? audience : `api://${audience}`}/.default`;

/** @returns what config.json is to hold @throws CliError naming what is missing */
export function pageConfigOf({ functionsUrl, signalrHost, signIn }: Telemetry, settings: PageSettings): object {
  const { clientId, rolloutsUrl, rolloutsScope, onlineWithinSeconds } = settings;
  const authority = settings.authority ?? signIn?.authority;
  if (authority === undefined || signIn === undefined)
    throw missing(
      'the functions of the stack ask for a function key, which a page must not have',
      'set telemetry.signIn in the configuration of the stack (docs/dashboard.md)',
    );
  if (rolloutsUrl !== undefined && rolloutsScope === undefined)
    throw missing(
      'the API of rollouts asks for a token, and no scope says for what',
      'give --rollouts-scope api://<id>/.default',
    );
  const functions = settings.functionsScope ?? defaultScope(signIn.audience);
  return {
    functionsUrl,
    liveUrl: `https://${signalrHost}`,
    ...(rolloutsUrl !== undefined && { rolloutsUrl }),
    ...(onlineWithinSeconds !== undefined && { onlineWithinSeconds }),
    signIn: {
      kind: 'entra',
      clientId,
      authority,
      scopes: { functions, ...(rolloutsScope !== undefined && { rollouts: rolloutsScope }) },
    },
  };
}

/**
 * Deploys the page to the static website of a stack.
 *
 * @param outputs stack outputs as JSON
 * @throws CliError when the stack has no page, or its storage refuses
 */
export async function deployTo(outputs: string, settings: PageSettings): Promise<Deployed & { readonly url: string }> {
  const { telemetry } = readStackOutputs(outputs);
  if (telemetry?.pageContainerUrl === undefined)
    throw missing('the stack has no page', 'set telemetry in its configuration, then run groundswell up');
  const files = siteFiles(siteFolder(), pageConfigOf(telemetry, settings));
  const container = new ContainerClient(telemetry.pageContainerUrl, new DefaultAzureCredential());
  try {
    return { url: telemetry.pageUrl, ...(await deployPage(container, files)) };
  } catch (cause) {
    if (!(cause instanceof RestError)) throw cause;
    const { statusCode, code = 'no answer' } = cause;
    throw new CliError(
      EXIT.failed,
      `${telemetry.pageContainerUrl} refuses: ${statusCode === undefined ? '' : `${statusCode} `}${code}`,
      'who deploys needs the right pageWriting (docs/rights.md); once it is mended, run this again: it goes on',
      { cause },
    );
  }
}
