import { z } from 'zod';
import { GroundswellError } from '../domain/errors';
import { type HubName, hubNameOf } from '../domain/ids';
import { problemsOf } from './problems';

const name = z.string().min(1);
const httpsUrl = z.url({ protocol: /^https$/ });
const connectionString = z.string().regex(/^HostName=[^;]+;/);

const hub = z.object({
  hostName: name,
  sku: z.object({ name: z.enum(['F1', 'B1', 'B2', 'B3', 'S1', 'S2', 'S3']), units: z.int().min(1) }),
  location: name.optional(),
  quarantine: z.boolean().default(false),
  connectionString: connectionString.optional(),
  /** Of which other stack it is; one of this stack when it is missing. */
  stack: name.optional(),
});

const provisioning = z.object({
  name,
  idScope: name,
  serviceHostName: name,
  deviceHostName: name,
  connectionString: connectionString.optional(),
  enrollmentGroups: z.array(name).default([]),
  /** Host names of the hubs that it may assign devices to. */
  linkedHubs: z.array(name).optional(),
});

const telemetry = z.object({
  functionsUrl: httpsUrl,
  functionAppName: name,
  pageUrl: httpsUrl,
  pageAccountName: name,
  pageContainer: name,
  /** Where the page's files go. */
  pageContainerUrl: httpsUrl.optional(),
  signalrHost: name,
  tableEndpoint: httpsUrl,
  /** Host of the Event Hubs namespace. */
  eventHubsHost: name.optional(),
  eventHub: name.optional(),
  consumerGroup: name.optional(),
  /** Container where processes note how far they have read; only where processes do. */
  checkpointsUrl: httpsUrl.optional(),
  /** Of the functions: a secret. Only where processes serve them. */
  functionKey: name.optional(),
  /** Whose tokens the functions take. */
  signIn: z.object({ authority: httpsUrl, audience: name }).optional(),
  /** Sites that may call the functions beside the page. */
  origins: z.array(httpsUrl).default([]),
  /** What telemetry/settings.ts reads. */
  settings: z.unknown().optional(),
});

const allocation = z.object({
  /** With the function's key: a secret. */
  webhookUrl: httpsUrl,
  functionAppName: name.optional(),
  /** In the ledger's account: where the webhook reads the assignments of moves. */
  container: name.optional(),
  /** The function's setting ALLOCATION_RULES, which functions/allocation/rules.ts reads. */
  rules: z.unknown(),
});

/** The shape of a stack's outputs; parts that a stack does without are missing. Keys that we do not know are left alone. */
const stackOutputs = z
  .object({
    auth: z.enum(['entra', 'sas']).default('sas'),
    hubs: z.record(z.string(), hub).refine((hubs) => Object.keys(hubs).length > 0),
    provisioning: provisioning.optional(),
    /** Of other stacks, by their names. */
    provisioningServices: z.record(z.string(), provisioning).default({}),
    ledger: z.object({ blobEndpoint: httpsUrl, container: name }),
    telemetry: telemetry.optional(),
    allocation: allocation.optional(),
    worker: z.object({ clientId: name, principalId: name }).optional(),
  })
  .superRefine(({ auth, hubs }, context) => {
    if (auth === 'entra') return;
    for (const [key, { connectionString: found, stack }] of Object.entries(hubs)) {
      if (found !== undefined || stack !== undefined) continue;
      context.addIssue({
        code: 'custom',
        path: ['hubs', key, 'connectionString'],
        message: 'needed for a hub of this stack unless auth is entra',
      });
    }
  });

/** One hub, as the stack gives it. Its connection string, if any, is a secret: never log it, never put it in an argument. */
export type HubOutputs = z.infer<typeof hub>;

/** The provisioning service, as the stack gives it. Its connection string, if any, is a secret. */
export type ProvisioningOutputs = z.infer<typeof provisioning>;

/** What `pulumi up` puts out: the one source of configuration for worker, CLI, simulated fleet and dashboard. */
export type StackOutputs = Omit<z.infer<typeof stackOutputs>, 'hubs'> & {
  readonly hubs: ReadonlyMap<HubName, HubOutputs>;
};

/**
 * Checks a stack's outputs, as `pulumi stack output --json --show-secrets` prints them.
 *
 * @throws GS_OUTPUTS_INVALID naming every field that is wrong, without its value: values here may be secrets
 */
export function parseStackOutputs(json: unknown): StackOutputs {
  const parsed = stackOutputs.safeParse(json);
  if (!parsed.success) {
    throw new GroundswellError('GS_OUTPUTS_INVALID', {
      fields: problemsOf(parsed.error.issues, json).map(({ path }) => path),
    });
  }
  const { hubs, ...rest } = parsed.data;
  return { ...rest, hubs: new Map(Object.entries(hubs).map(([key, outputs]) => [hubNameOf(key), outputs])) };
}

/**
 * Reads what `pulumi stack output --json --show-secrets` prints.
 *
 * @throws Error when it is no JSON, without quoting it as the parser's own message would: it holds keys
 * @throws GS_OUTPUTS_INVALID as {@link parseStackOutputs} does
 */
export function readStackOutputs(text: string): StackOutputs {
  return parseStackOutputs(jsonOf(text));
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(
      'the stack outputs are not JSON; pipe `pulumi stack output --json --show-secrets` into --outputs -',
    );
  }
}
