import { readStackOutputs, type StackOutputs } from '../../spec/stack-outputs';
import type { Inspection } from '../../tools';
import { COMMAND } from '../output';
import { pulumiOn } from './pulumi';
import { inspectTelemetry } from './telemetry-functions';

const KNOWN = { name: 'allocation webhook', needed: 'for devices of enrollment groups to register and to move' };

/** DPS itself gives up at a time that is not published; the webhook's own read ends after 2.5 s. */
const ANSWER_WITHIN_MS = 10_000;
const OUTPUTS_WITHIN_MS = 30_000;

/** No device has it: the webhook looks for an assignment, finds none, and changes nothing. */
const REGISTRATION_ID = 'groundswell-doctor';

export interface Answered {
  readonly status: number;
  /** What it says about itself, when it does not answer 200. */
  readonly reason: string | undefined;
}

/** Asks the webhook, the key being in the URL. Rejects when there is no answer. */
export type Ask = (url: URL, question: object) => Promise<Answered>;

const ask: Ask = async (url, question) => {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(question),
    redirect: 'manual', // the key is for nobody else
    signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
  });
  const said = (await response.json().catch(() => undefined)) as { readonly error?: unknown } | undefined;
  return { status: response.status, reason: typeof said?.error === 'string' ? said.error : undefined };
};

/** What a service asks about a new device (iot-dps/concepts-custom-allocation.md, "Custom allocation policy request"). */
const questionOf = ({ provisioning, hubs }: StackOutputs): object => ({
  deviceRuntimeContext: { registrationId: REGISTRATION_ID },
  linkedHubs: provisioning?.linkedHubs ?? [...hubs.values()].map(({ hostName }) => hostName),
});

/** Never with the URL, which holds the key. */
function causeOf(error: unknown): string {
  const { cause = error } = error as { readonly cause?: unknown };
  const { code, name } = cause as { readonly code?: unknown; readonly name?: unknown };
  return typeof code === 'string' ? code : String(name);
}

/** What to do about each answer to the right key but 200. */
const REMEDIES: Readonly<Record<number, string>> = {
  401: `refuses the stack's key: its host key was changed; ${COMMAND} up writes the new one into the groups`,
  404: 'has no such function: its code is not deployed yet (docs/allocation.md, "Setting it up")',
  409: 'has no hub for new devices: allocation.custom.newDevices of the groups, and the hubs linked to the service',
  503: 'cannot read the assignments: its identity, its right to the container, the storage account (docs/rights.md)',
};

/**
 * Looks whether the webhook of a stack answers with its key and refuses without. No secret is in the answer.
 *
 * @returns nothing for a stack without one
 */
export async function inspectWebhook(outputs: StackOutputs, asked: Ask = ask): Promise<readonly Inspection[]> {
  if (outputs.allocation === undefined) return [];
  const url = new URL(outputs.allocation.webhookUrl);
  const bare = new URL(url.pathname, url);
  const finding = (status: Inspection['status'], note: string): [Inspection] => [
    { ...KNOWN, status, path: bare.href, note },
  ];
  try {
    const question = questionOf(outputs);
    const [withKey, without] = await Promise.all([asked(url, question), asked(bare, question)]);
    if (without.status !== 401 && without.status !== 403) return finding('missing', openNote(without));
    if (withKey.status === 200) return finding('found', 'answers with its key, and refuses without');
    return finding('missing', refusalNote(withKey));
  } catch (error) {
    const next = `devices that ask now are not registered and try again later; on the local stack look at logs/functions.log, on Azure at the function app (docs/allocation.md)`;
    return finding('missing', `does not answer (${causeOf(error)}): ${next}`);
  }
}

const openNote = ({ status }: Answered): string =>
  status >= 500
    ? `fails before it looks at a key (${status}): look at its log (docs/allocation.md)`
    : `answers ${status} to who shows no key, in place of 401: nothing may pass without; set authLevel to function (docs/allocation.md)`;

const refusalNote = ({ status, reason }: Answered): string =>
  `answers ${status}${reason === undefined ? '' : ` (${reason})`}: ${REMEDIES[status] ?? 'look at its log (docs/allocation.md)'}`;

/**
 * The same for a Pulumi stack, by the pulumi command on the PATH.
 *
 * @param alsoTelemetry looks at the functions of telemetry, too
 *
 * @param stack none: there is nothing to look at
 */
export async function inspectStackWebhook(
  stack: string | undefined,
  alsoTelemetry = false,
): Promise<readonly Inspection[]> {
  if (stack === undefined) return [];
  try {
    const pulumi = pulumiOn(stack, AbortSignal.timeout(OUTPUTS_WITHIN_MS));
    const outputs = readStackOutputs(await pulumi('stack', 'output', '--json', '--show-secrets'));
    const telemetry = alsoTelemetry ? inspectTelemetry(outputs) : [];
    return (await Promise.all([inspectWebhook(outputs), telemetry])).flat();
  } catch (error) {
    const note = `not looked at: the outputs of the stack ${stack} cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    return [{ ...KNOWN, status: 'absent', note }];
  }
}
