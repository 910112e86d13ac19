import { type Assignment, assignmentPath } from '../../domain/assignment';
import type { JsonObject } from '../../domain/spec';
import { type AllocationRequest, readRequest, sameHost } from './request';
import { type AllocationRules, hubForNew, rulesOf } from './rules';
import { type AssignmentStore, assignmentOf } from './store';

/** What a provisioning service is told. Source: iot-dps/concepts-custom-allocation.md, "Custom allocation policy response". */
export interface AllocationResponse {
  readonly iotHubHostName: string;
  readonly initialTwin?: Assignment['initialTwin'];
  readonly payload?: JsonObject;
}

/** Which rule has decided. */
export type Because = 'assignment' | 'current' | 'new';

/** 400: no request. 409: no hub that may be named is right. 503: not known. For all but 200, DPS lets the device stay where it is. */
export type Answer =
  | { readonly status: 200; readonly body: AllocationResponse; readonly because: Because; readonly rolloutId?: string }
  | { readonly status: 400 | 409 | 503; readonly reason: string };

/** One line of the log. Holds no key and nothing that a device has sent but its registration id. */
export interface AllocationEntry {
  readonly registrationId?: string;
  readonly group?: string;
  readonly currentHub?: string;
  readonly answer: Answer;
  readonly ms: number;
}

export interface AllocationSettings {
  /** Name of the provisioning service that asks: its part of the paths of assignments. */
  readonly service: string;
  readonly rules: AllocationRules;
  readonly store: AssignmentStore;
  /** Time for the read, ms. */
  readonly withinMs: number;
  readonly log: (entry: AllocationEntry) => void;
}

/**
 * How long the store may take: with the way there and back, well below the 5 s after which an asker of an Azure Function
 * gives up by the local Azure's setting; how long DPS itself waits is not published.
 */
export const STORE_WITHIN_MS = 2_500;

const refused = (status: 400 | 409 | 503, reason: string): Answer => ({ status, reason });

/**
 * Which hub a device gets: that of its assignment, else the one where it is, else one for new devices. Never one that is
 * not among the linked hubs, and never one by default: where the right one may not be named, none is.
 */
export function decide(request: AllocationRequest, assignment: Assignment | undefined, rules: AllocationRules): Answer {
  const { linkedHubs, currentHub, group } = request;
  const { newDevices, payload } = rulesOf(rules, group);
  if (assignment !== undefined) return assigned(request, assignment, payload);
  const hub = currentHub ?? hubForNew(newDevices, request);
  if (hub === undefined) return refused(409, 'none of the linked hubs takes new devices');
  if (!linkedHubs.includes(hub)) return refused(409, `its current hub ${hub} is none of the linked hubs`);
  const because = currentHub === undefined ? 'new' : 'current';
  return { status: 200, because, body: { iotHubHostName: hub, ...(payload && { payload }) } };
}

function assigned(
  { linkedHubs, currentHub }: AllocationRequest,
  { hub, rolloutId, initialTwin, payload }: Assignment,
  groupPayload: JsonObject | undefined,
): Answer {
  const linked = linkedHubs.find((name) => sameHost(name, hub));
  if (linked === undefined)
    return refused(409, `rollout ${rolloutId} has assigned it to ${hub}, which is none of the linked hubs`);
  const told = payload ?? groupPayload;
  const arrives = linked !== currentHub; // a device that is there already must not begin anew
  return {
    status: 200,
    because: 'assignment',
    rolloutId,
    body: {
      iotHubHostName: linked,
      ...(initialTwin && arrives && { initialTwin }),
      ...(told && { payload: told }),
    },
  };
}

/** @returns answers one request; never throws */
export function createAllocation({ service, rules, store, withinMs, log }: AllocationSettings) {
  async function answer(request: AllocationRequest): Promise<Answer> {
    try {
      const text = await within(withinMs, (signal) =>
        store.read(assignmentPath(service, request.registrationId), signal),
      );
      return decide(request, text === undefined ? undefined : assignmentOf(text), rules);
    } catch (error) {
      return refused(503, `where it is to go is not known: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** @param raw the body, parsed; undefined where it is no JSON */
  return async function allocate(raw: unknown): Promise<Answer> {
    const began = performance.now();
    const read = readRequest(raw);
    const given = read.kind === 'request' ? await answer(read.request) : refused(400, read.reason);
    log({
      ...(read.kind === 'request' && seen(read.request)),
      answer: given,
      ms: Math.round(performance.now() - began),
    });
    return given;
  };
}

export type Allocate = ReturnType<typeof createAllocation>;

const seen = ({ registrationId, group, currentHub }: AllocationRequest) => ({
  registrationId,
  ...(group !== undefined && { group }),
  ...(currentHub !== undefined && { currentHub }),
});

/** A store that does not heed the signal is not waited for either. */
async function within<Value>(ms: number, work: (signal: AbortSignal) => Promise<Value>): Promise<Value> {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`the store has not answered within ${ms} ms`));
      controller.abort();
    }, ms);
  });
  try {
    return await Promise.race([work(controller.signal), late]);
  } finally {
    clearTimeout(timer);
  }
}
