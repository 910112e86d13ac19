import type { EngineEvent, OpMap } from '@pulumi/pulumi/automation';

const VERBS: Readonly<Record<string, readonly [now: string, past: string]>> = {
  create: ['create', 'created'],
  update: ['update', 'updated'],
  delete: ['delete', 'deleted'],
  replace: ['replace', 'replaced'],
  'create-replacement': ['create replacement of', 'created replacement of'],
  'delete-replaced': ['delete replaced', 'deleted replaced'],
  import: ['import', 'imported'],
  refresh: ['refresh', 'refreshed'],
};

/** `urn:pulumi:dev::groundswell::parent$azure-native:devices:IotHubResource::hub` is an `IotHubResource hub`. */
export function resourceName(urn: string): string {
  const [, , type = '', name = ''] = urn.split('::');
  return `${type.split(':').at(-1) ?? ''} ${name}`;
}

/** Pulumi marks colours as `<{%reset%}>`. */
const withoutColor = (text: string): string => text.replaceAll(/<\{%[^%]*%\}>/g, '').trimEnd();

/**
 * Makes a line of each engine event that a person wants to see; Pulumi itself puts `[secret]` in place of secrets.
 *
 * @param preview whether the operation only tells what it would do
 */
export function eventLines(preview: boolean): (event: EngineEvent) => string[] {
  const startedAt = new Map<string, number>();
  return ({ resourcePreEvent, resOutputsEvent, resOpFailedEvent, diagnosticEvent, policyEvent }) => {
    if (resourcePreEvent !== undefined) startedAt.set(resourcePreEvent.metadata.urn, Date.now());
    if (resourcePreEvent !== undefined && preview) return stepLine(resourcePreEvent.metadata, 0);
    if (resOutputsEvent !== undefined && !preview) {
      const { metadata } = resOutputsEvent;
      return stepLine(metadata, 1, Date.now() - (startedAt.get(metadata.urn) ?? Date.now()));
    }
    if (resOpFailedEvent !== undefined) return [`failed: ${resourceName(resOpFailedEvent.metadata.urn)}`];
    if (policyEvent !== undefined) return policyLines(policyEvent);
    return diagnosticEvent === undefined ? [] : diagnosticLines(diagnosticEvent);
  };
}

function stepLine({ op, urn }: { readonly op: string; readonly urn: string }, tense: 0 | 1, tookMs?: number): string[] {
  const verb = VERBS[op]?.[tense];
  const isPulumisOwn = urn.split('::')[2]?.startsWith('pulumi:') === true; // providers and the stack itself
  if (verb === undefined || isPulumisOwn) return [];
  return [`${verb} ${resourceName(urn)}${tookMs === undefined ? '' : ` (${(tookMs / 1000).toFixed(1)} s)`}`];
}

type Diagnostic = NonNullable<EngineEvent['diagnosticEvent']>;

/** Pulumi's own log reaches the events too, as severity `debug`, and with secrets in clear: only these are shown. */
const SHOWN: ReadonlySet<string> = new Set(['info', 'info#err', 'warning', 'error'] satisfies Diagnostic['severity'][]);
/** Says where a plugin comes from; `groundswell doctor` tells the same to whoever asks. */
const PLUGIN_NOTE = /^using pulumi-\S+ from \$PATH/;

function diagnosticLines({ severity, message, urn, ephemeral }: Diagnostic): string[] {
  const text = withoutColor(message);
  if (!SHOWN.has(severity) || ephemeral === true || text === '' || PLUGIN_NOTE.test(text)) return [];
  const about = urn === undefined ? '' : `${resourceName(urn)}: `;
  const mark = severity === 'error' || severity === 'warning' ? `${severity}: ` : '';
  return text.split('\n').map((line, index) => (index === 0 ? `${mark}${about}${line}` : `  ${line}`));
}

/** The engine puts the rule's description before what the rule says of the resource, on lines of their own. */
function policyLines({ policyName, message, resourceUrn }: NonNullable<EngineEvent['policyEvent']>): string[] {
  const about = resourceUrn === undefined ? '' : `${resourceName(resourceUrn)}: `;
  const lines = withoutColor(message)
    .split('\n')
    .filter((line) => line.trim() !== '');
  return lines.map((line, index) => (index === 0 ? `refused by ${policyName}: ${about}${line}` : `  ${line}`));
}

/**
 * Counts of changes in words.
 *
 * @example changesText({ create: 5, same: 2 }) // => '5 create, 2 same'
 */
export const changesText = (changes: OpMap | undefined): string =>
  Object.entries(changes ?? {})
    .map(([op, count]) => `${count} ${op}`)
    .join(', ') || 'no change';
