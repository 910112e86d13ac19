import { Ordered } from '../world/ordered';
import type { Collection } from '../world/store';
import { DpsError } from './errors';
import { requireEtag } from './ids';
import { plain } from './plain';
import type { Registration } from './registration';

/** Most registrations of a service (azure-docs, includes/iot-dps-limits.md). */
const MOST = 1_000_000;

/** The registrations of a service, by registration id (without case) and by group. */
export class Registrations {
  readonly #byId = new Map<string, Registration>();
  readonly #byGroup = new Map<string, Ordered<string>>();

  /** Builds itself from what `collection` holds. */
  constructor(private readonly collection: Collection<Registration>) {
    const kept = [...collection.entries()].map(([, registration]) => registration);
    kept.sort((a, b) => (a.createdDateTimeUtc < b.createdDateTimeUtc ? -1 : 1));
    for (const registration of kept) this.#index(registration);
  }

  get(registrationId: string): Registration | undefined {
    return this.#byId.get(registrationId.toLowerCase());
  }

  /** @throws DpsError RegistrationNotFound */
  require(registrationId: string): Registration {
    const registration = this.get(registrationId);
    if (registration === undefined) throw new DpsError('RegistrationNotFound', 'Registration not found.');
    return registration;
  }

  /** Those of a group after a position (0 for all), oldest first. */
  *ofGroup(groupId: string, position: number): Iterable<readonly [number, Registration]> {
    for (const [at, key] of this.#byGroup.get(groupId.toLowerCase())?.after(position) ?? []) {
      const registration = this.#byId.get(key);
      if (registration !== undefined) yield [at, registration];
    }
  }

  /** Those that were being worked on when the process ended. */
  pending(): Registration[] {
    return [...this.#byId.values()].filter(({ pending }) => pending !== undefined);
  }

  /** @throws DpsError LimitReached for one more than a service may hold */
  put(registration: Registration): void {
    if (this.get(registration.registrationId) === undefined && this.#byId.size >= MOST) {
      throw new DpsError('LimitReached', `The service has ${MOST} registrations already.`);
    }
    this.collection.put(registration.registrationId.toLowerCase(), plain(registration));
    this.#index(registration);
  }

  /** Forgets the record; the device stays in its hub. @throws DpsError RegistrationNotFound, PreconditionFailed */
  delete(registrationId: string, ifMatch: string | undefined): void {
    const { etag } = this.require(registrationId);
    const isBase64 = ifMatch !== undefined && ifMatch.replaceAll('"', '') === Buffer.from(etag).toString('base64');
    if (!isBase64) requireEtag(ifMatch, etag);
    this.drop(registrationId);
  }

  /** As {@link delete}, whatever is there. */
  drop(registrationId: string): void {
    const key = registrationId.toLowerCase();
    this.#groupOf(this.#byId.get(key))?.delete(key);
    this.collection.delete(key);
    this.#byId.delete(key);
  }

  #index(registration: Registration): void {
    const key = registration.registrationId.toLowerCase();
    const before = this.#groupOf(this.#byId.get(key));
    this.#byId.set(key, registration);
    const now = this.#groupOf(registration);
    if (before !== now) before?.delete(key);
    if (now?.get(key) === undefined) now?.add(key, key);
  }

  #groupOf(registration: Registration | undefined): Ordered<string> | undefined {
    const id = registration?.proof.enrollmentGroupId?.toLowerCase();
    if (id === undefined) return undefined;
    const group = this.#byGroup.get(id) ?? new Ordered<string>();
    this.#byGroup.set(id, group);
    return group;
  }
}
