import type { EngineEvent } from '@pulumi/pulumi/automation';
import { changesText, eventLines } from '../../../cli/stack/pulumi-events';

const urn = 'urn:pulumi:dev::groundswell::groundswell:infra:IotHub$azure-native:devices:IotHubResource::main-hub';
const step = (op: string) => ({ metadata: { op, urn } }) as NonNullable<EngineEvent['resourcePreEvent']>;
const event = (part: Partial<EngineEvent>): EngineEvent => ({ sequence: 1, timestamp: 1, ...part });

it('shows a change when it is done, and in a preview when it is planned', () => {
  const [up, preview] = [eventLines(false), eventLines(true)];

  expect(up(event({ resourcePreEvent: step('create') }))).toEqual([]);
  expect(up(event({ resOutputsEvent: step('create') }))).toEqual([
    expect.stringMatching(/^created IotHubResource main-hub \(\d+\.\d s\)$/),
  ]);
  expect(preview(event({ resourcePreEvent: step('update') }))).toEqual(['update IotHubResource main-hub']);
});

it("says nothing of resources that stay as they are, and of those that are only Pulumi's own", () => {
  const stack = {
    metadata: { op: 'create', urn: 'urn:pulumi:dev::groundswell::pulumi:pulumi:Stack::groundswell-dev' },
  };

  expect(eventLines(false)(event({ resOutputsEvent: step('same') }))).toEqual([]);
  expect(eventLines(false)(event({ resOutputsEvent: stack as never }))).toEqual([]);
});

it('names the failed resource and shows every line of an error, without colour codes', () => {
  const lines = eventLines(false);
  const diagnosticEvent = {
    urn,
    severity: 'error',
    color: 'raw',
    message: '<{%fg 1%}>quota reached<{%reset%}>\nask for more\n',
  } as const;

  expect(lines(event({ diagnosticEvent }))).toEqual([
    'error: IotHubResource main-hub: quota reached',
    '  ask for more',
  ]);
});

it('names the rule that refuses a resource', () => {
  const policyEvent = {
    resourceUrn: urn,
    message: '<{%reset%}>No blob can be read without signing in.\npublicAccess: "Blob"\n<{%reset%}>',
    policyName: 'private-storage',
  } as NonNullable<EngineEvent['policyEvent']>;

  expect(eventLines(false)(event({ policyEvent }))).toEqual([
    'refused by private-storage: IotHubResource main-hub: No blob can be read without signing in.',
    '  publicAccess: "Blob"',
  ]);
});

it("keeps back Pulumi's debug log, which holds secrets in clear", () => {
  const diagnosticEvent = { severity: 'debug' as never, color: 'raw', message: 'primaryKey,,,c2VjcmV0' };

  expect(eventLines(false)(event({ diagnosticEvent }))).toEqual([]);
});

it('counts changes in words', () => {
  expect(changesText({ create: 5, same: 2 })).toBe('5 create, 2 same');
  expect(changesText(undefined)).toBe('no change');
});
