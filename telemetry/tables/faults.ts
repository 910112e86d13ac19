import { RestError } from '@azure/data-tables';

/** The service's own word for what went wrong; undefined for anything that is no answer of the service. */
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof RestError)) return undefined;
  const details = error.details as { readonly odataError?: { readonly code?: string } } | undefined;
  return details?.odataError?.code ?? error.code;
}
