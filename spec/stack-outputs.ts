import { z } from 'zod';
import { GroundswellError } from '../domain/errors';
import { type HubName, hubNameOf } from '../domain/ids';
import { problemsOf } from './problems';

const hub = z.object({
  hostName: z.string().min(1),
  sku: z.object({ name: z.enum(['F1', 'B1', 'B2', 'B3', 'S1', 'S2', 'S3']), units: z.int().min(1) }),
  connectionString: z.string().regex(/^HostName=[^;]+;/),
});

const stackOutputs = z.object({
  hubs: z.record(z.string(), hub).refine((hubs) => Object.keys(hubs).length > 0),
  ledger: z.object({ blobEndpoint: z.url({ protocol: /^https$/ }), container: z.string().min(1) }),
});

/** One hub, as the stack gives it. The connection string is a secret: never log it, never put it in an argument. */
export type HubOutputs = z.infer<typeof hub>;

/** What `pulumi up` puts out: the one source of configuration for the worker, the CLI and the simulated fleet. */
export interface StackOutputs {
  readonly hubs: ReadonlyMap<HubName, HubOutputs>;
  readonly ledger: { readonly blobEndpoint: string; readonly container: string };
}

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
  const { hubs, ledger } = parsed.data;
  return { hubs: new Map(Object.entries(hubs).map(([name, outputs]) => [hubNameOf(name), outputs])), ledger };
}
