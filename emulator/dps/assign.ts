import { DpsError } from './errors';
import { authenticationOf } from './attest';
import { candidatesOf, chooseHub, policyOf } from './allocation';
import type { Hub, Hubs } from '../hub/hubs';
import type { IdentityInput } from '../hub/identity';
import { HUB_HOST_PATTERN } from '../names';
import type { Clock } from '../world/clock';
import type { Json } from '../world/json';
import { sameHost, type Enrollment, type InitialTwin } from './enrollment';
import { AllocationError, putDevice, removeDevice, signIn, valuesOfTwin } from './hub-link';
import type { DpsOptions } from './options';
import type { Assignment, Registration, Substatus } from './registration';
import { effectivePolicy, stepFor, type Step } from './reprovision';
import type { DpsSettings, LinkedHub } from './settings';
import type { Faults } from '../world/faults';
import type { Post } from '../wire/post';
import { askWebhook, webhookFailed } from './webhook';

/** What an assignment needs of its service. */
export interface AssignmentContext {
  readonly hubs: Hubs;
  readonly clock: Clock;
  readonly faults: Faults;
  readonly post: Post;
  readonly settings: DpsSettings;
  readonly options: DpsOptions;
  readonly latencyOf: (hostName: string) => number;
}

/** What a test has asked to go wrong with the webhook. @throws AllocationError as for one that fails */
async function meetFault({ faults, clock, options }: AssignmentContext, registrationId: string): Promise<void> {
  const fault = faults.at('dps.webhook', { deviceId: registrationId });
  if (fault === undefined) return;
  const wait = (ms: number): Promise<void> => new Promise((resolve) => clock.at(clock.now() + ms, resolve));
  if (fault.kind === 'delay') await wait(fault.ms);
  else if (fault.kind === 'halfClose') await wait(options.webhookTimeoutMs);
  if (fault.kind !== 'delay')
    throw webhookFailed(fault.kind === 'status' ? `status code: ${fault.status}` : 'no answer');
}

/** Where a device is to go. */
export interface Allocation {
  readonly hub: string;
  /** Of the webhook: takes the place of the enrollment's where a twin starts anew. */
  readonly initialTwin?: InitialTwin | undefined;
  readonly payload?: Json | undefined;
}

/** How an assignment ended. */
export interface Assigned {
  readonly assignment: Assignment;
  readonly substatus: Substatus;
  readonly payload: Json | undefined;
}

/**
 * Chooses a hub for a device.
 *
 * @throws AllocationError when none comes into question or the webhook fails
 */
export async function allocate(
  context: AssignmentContext,
  enrollment: Enrollment,
  registration: Registration,
): Promise<Allocation> {
  const { settings, options } = context;
  const { assignment, registrationId, pending, proof } = registration;
  const { updateHubAssignment } = effectivePolicy(enrollment.reprovisionPolicy, pending?.apiVersion ?? '');
  const stays = assignment !== undefined && !updateHubAssignment;
  const policy = policyOf(enrollment, settings);
  const candidates = candidatesOf(enrollment, settings);
  if (policy === 'custom') {
    const linkedHubs = stays ? [assignment.hub] : candidates.map(({ hostName }) => hostName);
    const request = { enrollment, registrationId, proof, current: assignment, payload: pending?.payload, linkedHubs };
    await meetFault(context, registrationId);
    const answer = await askWebhook(request, context, options.webhookTimeoutMs);
    return { ...answer, hub: answer.iotHubHostName };
  }
  if (stays) return { hub: assignment.hub };
  const { latencyOf } = context;
  const chosen = chooseHub(policy, candidates, { registrationId, current: assignment?.hub, latencyOf });
  if (chosen === undefined) throw new AllocationError(404000, 'No linked IoT hub takes part in the allocation.');
  return { hub: chosen.hostName };
}

/**
 * Brings a device to its hub, in one go.
 *
 * @throws AllocationError when a hub cannot be signed in to or refuses; then the device is still where it was
 */
export function place(
  context: AssignmentContext,
  enrollment: Enrollment,
  registration: Registration,
  allocation: Allocation,
): Assigned {
  const policy = effectivePolicy(enrollment.reprovisionPolicy, registration.pending?.apiVersion ?? '');
  const step = stepFor(registration, allocation.hub, policy);
  const work = { context, enrollment, registration, allocation };
  return { ...carryOut(work, step), payload: allocation.payload };
}

interface Work {
  readonly context: AssignmentContext;
  readonly enrollment: Enrollment;
  readonly registration: Registration;
  readonly allocation: Allocation;
}

function carryOut(work: Work, step: Step): Omit<Assigned, 'payload'> {
  const { registration, allocation } = work;
  const { assignment } = registration;
  const { substatus } = step;
  if (assignment === undefined || step.kind === 'create') {
    return { assignment: putNew(work, allocation.hub, undefined), substatus };
  }
  switch (step.kind) {
    case 'keep':
      return { assignment: keep(work, assignment), substatus };
    case 'reset': {
      const hub = signIn(work.context.hubs, linkOf(work, assignment.hub));
      putDevice(hub, inputOf(work, assignment.deviceId), work.enrollment.initialTwin ?? {});
      return { assignment, substatus };
    }
    case 'move':
      return move(work, assignment, step);
  }
}

/** A device that stays. When its hub is linked no more there is nothing to be done; when the hub lost it, it is remade. */
function keep(work: Work, assignment: Assignment): Assignment {
  const link = work.context.settings.linkedHubs.find(({ hostName }) => sameHost(hostName, assignment.hub));
  if (link === undefined) return assignment;
  const hub = signIn(work.context.hubs, link);
  const present = hub.devices.get(assignment.deviceId);
  if (present === undefined) return putNew(work, assignment.hub, assignment.deviceId);
  putDevice(hub, { ...inputOf(work, assignment.deviceId), capabilities: present.identity.capabilities }, undefined);
  return assignment;
}

/**
 * To another hub: made there first, then ended where it was. Where its old hub is gone or linked no more, there is
 * nothing to take along and nobody to ask.
 */
function move(
  work: Work,
  from: Assignment,
  { migrates, substatus }: Step & { kind: 'move' },
): Omit<Assigned, 'payload'> {
  const source = sourceOf(work, from);
  const device = source?.devices.get(from.deviceId);
  const target = signIn(work.context.hubs, linkOf(work, work.allocation.hub));
  if (!migrates || device === undefined) {
    const assignment = putNew(work, work.allocation.hub, undefined);
    if (source !== undefined) removeDevice(source, from.deviceId);
    return { assignment, substatus: 'deviceDataReset' };
  }
  const { capabilities } = device.identity;
  putDevice(target, { ...inputOf(work, from.deviceId), capabilities }, valuesOfTwin(device.twin));
  if (source !== undefined) removeDevice(source, from.deviceId);
  return { assignment: { hub: work.allocation.hub, deviceId: from.deviceId }, substatus };
}

function sourceOf({ context }: Work, { hub }: Assignment): Hub | undefined {
  const link = context.settings.linkedHubs.find(({ hostName }) => sameHost(hostName, hub));
  const exists = context.hubs.get(HUB_HOST_PATTERN.exec(hub)?.[1] ?? '') !== undefined;
  return link === undefined || !exists ? undefined : signIn(context.hubs, link);
}

/** Puts the device into a hub with the twin that it starts with. */
function putNew(work: Work, hostName: string, deviceId: string | undefined): Assignment {
  const { enrollment, allocation, registration, context } = work;
  const id = deviceId ?? enrollment.deviceId ?? registration.registrationId;
  const twin = allocation.initialTwin ?? enrollment.initialTwin;
  putDevice(signIn(context.hubs, linkOf(work, hostName)), inputOf(work, id), twin);
  return { hub: hostName, deviceId: id };
}

const inputOf = ({ enrollment, registration }: Work, deviceId: string): IdentityInput => ({
  deviceId,
  authentication: authenticationOf(enrollment, registration.proof),
  capabilities: enrollment.capabilities,
});

function linkOf({ context }: Work, host: string): LinkedHub {
  const link = context.settings.linkedHubs.find(({ hostName }) => sameHost(hostName, host));
  if (link === undefined) throw new DpsError('ServerError', `The IoT hub '${host}' is linked no more.`);
  return link;
}
