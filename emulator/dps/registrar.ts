import type { World } from '../world/world';
import type { Json } from '../world/json';
import { stampOf } from '../world/time';
import { allocate, place, type Allocation, type AssignmentContext } from './assign';
import { attest, type Attested, type Credential, type Vouchers } from './attest';
import type { Enrollment } from './enrollment';
import { DPS_ERRORS, DpsError } from './errors';
import { AllocationError } from './hub-link';
import { isId, newEtag, newOperationId } from './ids';
import type { Limits } from './limits';
import type { Registration } from './registration';
import type { Registrations } from './registrations';

/** What a device asks for. */
export interface RegisterRequest {
  readonly registrationId: string;
  readonly payload: Json | undefined;
  /** Of the device's protocol. */
  readonly apiVersion: string;
}

/** What a registrar needs of its service. */
export interface RegistrarService extends Vouchers, AssignmentContext {
  readonly registrations: Registrations;
  readonly limits: Limits;
}

/** Takes registrations from devices, works on them in the background, and tells how they stand. */
export class Registrar {
  readonly #timers = new Map<string, () => void>();
  #closed = false;

  /** Goes on with what was being worked on when the process ended. */
  constructor(
    private readonly service: RegistrarService,
    private readonly world: World,
  ) {
    for (const registration of service.registrations.pending()) this.#schedule(registration);
  }

  /**
   * Begins a registration, or a new one of a device that registered before. While one is being worked on, it is answered.
   *
   * @throws DpsError when the device does not prove itself, or the service takes no more
   */
  register(request: RegisterRequest, credential: Credential): Registration {
    const { registrations, limits } = this.service;
    const attested = this.#attest(request.registrationId, credential);
    const before = registrations.get(request.registrationId);
    if (before?.pending !== undefined) return before;
    limits.take('registrations');
    const next = this.#begun(request, attested, before);
    registrations.put(next);
    if (next.pending !== undefined) this.#schedule(next);
    return next;
  }

  /**
   * How an operation stands.
   *
   * @throws DpsError when the device does not prove itself or polls too often; RegistrationNotFound for an operation that
   *   is not the device's newest
   */
  poll(registrationId: string, credential: Credential, operationId: string): Registration {
    this.#attest(registrationId, credential);
    this.service.limits.take('polls', registrationId.toLowerCase());
    const registration = this.service.registrations.require(registrationId);
    if (registration.operationId !== operationId) {
      throw new DpsError('RegistrationNotFound', 'There is no such operation.');
    }
    return registration;
  }

  /** What is known of the device. @throws DpsError */
  lookUp(registrationId: string, credential: Credential): Registration {
    this.#attest(registrationId, credential);
    return this.service.registrations.require(registrationId);
  }

  /** Stops working; nothing that is stored changes. */
  close(): void {
    this.#closed = true;
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
  }

  #attest(registrationId: string, credential: Credential): Attested {
    if (!isId(registrationId)) throw new DpsError('BadRequest', 'The registration id is not valid.');
    return attest(this.service, registrationId, credential);
  }

  /** A disabled enrollment is said so at once: nothing is assigned. */
  #begun(
    { registrationId, payload, apiVersion }: RegisterRequest,
    { enrollment, proof }: Attested,
    before: Registration | undefined,
  ): Registration {
    const now = this.world.clock.now();
    const isDisabled = enrollment.provisioningStatus === 'disabled';
    return {
      registrationId: before?.registrationId ?? registrationId,
      operationId: newOperationId(),
      status: isDisabled ? 'disabled' : 'assigning',
      substatus: before?.substatus,
      assignment: before?.assignment,
      proof,
      pending: isDisabled ? undefined : { payload, apiVersion, dueAt: now + this.service.options.assignMs },
      etag: newEtag(),
      createdDateTimeUtc: before?.createdDateTimeUtc ?? stampOf(now),
      lastUpdatedDateTimeUtc: stampOf(now),
    };
  }

  #schedule({ registrationId, operationId, pending }: Registration): void {
    const cancel = this.world.clock.at(pending?.dueAt ?? 0, () => {
      this.#timers.delete(operationId);
      void this.#work(registrationId, operationId).catch((error: unknown) => process.emitWarning(error as Error));
    });
    this.#timers.set(operationId, cancel);
  }

  async #work(registrationId: string, operationId: string): Promise<void> {
    const current = (): Registration | undefined => {
      const registration = this.service.registrations.get(registrationId);
      return !this.#closed && registration?.operationId === operationId ? registration : undefined;
    };
    const begun = current();
    if (begun === undefined) return;
    const allocation = await this.#allocate(begun).catch(failureOf);
    const still = current(); // the record may have been deleted while a webhook was asked
    if (still !== undefined) this.world.store.batch(() => this.#end(still, this.#outcomeOf(still, allocation)));
  }

  async #allocate(registration: Registration): Promise<Allocation> {
    return allocate(this.service, this.#enrollmentOf(registration), registration);
  }

  /** Never throws: what a hub took before it refused is kept in the same batch as the refusal. */
  #outcomeOf(registration: Registration, allocation: Allocation | Failure): Partial<Registration> {
    if ('errorCode' in allocation) return { status: 'failed', ...allocation };
    try {
      return { status: 'assigned', ...place(this.service, this.#enrollmentOf(registration), registration, allocation) };
    } catch (error) {
      return { status: 'failed', ...failureOf(error) };
    }
  }

  /** @throws DpsError when it was deleted meanwhile */
  #enrollmentOf({ registrationId, proof }: Registration): Enrollment {
    const { individuals, groups } = this.service;
    return proof.enrollmentGroupId === undefined
      ? individuals.require(registrationId)
      : groups.require(proof.enrollmentGroupId);
  }

  #end(registration: Registration, outcome: Partial<Registration>): void {
    this.service.registrations.put({
      ...registration,
      ...outcome,
      pending: undefined,
      etag: newEtag(),
      lastUpdatedDateTimeUtc: stampOf(this.world.clock.now()),
    });
  }
}

interface Failure {
  readonly errorCode: number;
  readonly errorMessage: string;
}

/** What the device reads of a failure. What nobody foresaw is warned of, and told without details. */
function failureOf(error: unknown): Failure {
  if (error instanceof AllocationError) return { errorCode: error.errorCode, errorMessage: error.message };
  if (error instanceof DpsError) return { errorCode: error.code, errorMessage: error.message };
  process.emitWarning(error as Error);
  return { errorCode: DPS_ERRORS.ServerError[1], errorMessage: 'Internal error.' };
}
