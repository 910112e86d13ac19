import type { Clock } from '../world/clock';
import { Ordered } from '../world/ordered';
import type { Collection } from '../world/store';
import { enrollmentOf, type Enrollment, type EnrollmentKind } from './enrollment';
import { DpsError } from './errors';
import { requireEtag } from './ids';
import { plain } from './plain';
import type { DpsSettings } from './settings';

/** Most enrollments of a service (azure-docs, includes/iot-dps-limits.md). Groups: of each kind of attestation. */
const MOST = { individual: 1_000_000, group: 100 } as const;

/** The enrollments of one kind of one service. Ids are compared without case. */
export class Enrollments {
  readonly #byId = new Map<string, Enrollment>();
  readonly #order = new Ordered<string>();

  /** Builds itself from what `collection` holds, oldest first. */
  constructor(
    readonly kind: EnrollmentKind,
    private readonly collection: Collection<Enrollment>,
    private readonly clock: Clock,
  ) {
    const kept = [...collection.entries()].map(([, enrollment]) => enrollment);
    kept.sort((a, b) => (a.createdDateTimeUtc < b.createdDateTimeUtc ? -1 : 1));
    for (const enrollment of kept) this.#add(enrollment);
  }

  get(id: string): Enrollment | undefined {
    return this.#byId.get(id.toLowerCase());
  }

  /** @throws DpsError EnrollmentNotFound */
  require(id: string): Enrollment {
    const enrollment = this.get(id);
    if (enrollment === undefined) throw new DpsError('EnrollmentNotFound', 'Enrollment not found.');
    return enrollment;
  }

  /** Those after a position (0 for all), oldest first. */
  *after(position: number): Iterable<readonly [number, Enrollment]> {
    for (const [at, key] of this.#order.after(position)) {
      const enrollment = this.#byId.get(key);
      if (enrollment !== undefined) yield [at, enrollment];
    }
  }

  /**
   * Without If-Match it creates; with it, it updates: the SDKs send the record's etag, or `*`.
   *
   * @throws DpsError Conflict when it is there already, EnrollmentNotFound, PreconditionFailed, BadRequest, LimitReached
   */
  put(id: string, body: unknown, ifMatch: string | undefined, settings: DpsSettings): Enrollment {
    const old = ifMatch === undefined ? undefined : this.require(id);
    if (old === undefined && this.get(id) !== undefined) throw new DpsError('Conflict', 'Enrollment already exists.');
    if (old !== undefined) requireEtag(ifMatch, old.etag);
    const next = enrollmentOf(this.kind, id, body, { settings, old, now: this.clock.now() });
    if (old === undefined) this.#checkRoom(next);
    this.collection.put(id.toLowerCase(), plain(next));
    this.#add(next);
    return next;
  }

  /** @throws DpsError EnrollmentNotFound, PreconditionFailed */
  delete(id: string, ifMatch: string | undefined): void {
    requireEtag(ifMatch, this.require(id).etag);
    this.collection.delete(id.toLowerCase());
    this.#byId.delete(id.toLowerCase());
    this.#order.delete(id.toLowerCase());
  }

  #add(enrollment: Enrollment): void {
    const key = enrollment.id.toLowerCase();
    this.#byId.set(key, enrollment);
    if (this.#order.get(key) === undefined) this.#order.add(key, key);
  }

  #checkRoom({ kind, attestation }: Enrollment): void {
    const count = kind === 'individual' ? this.#byId.size : this.#countOf(attestation.type);
    if (count >= MOST[kind]) throw new DpsError('LimitReached', `The service has ${count} enrollments already.`);
  }

  /** Of groups, which are few. */
  #countOf(type: Enrollment['attestation']['type']): number {
    return [...this.#byId.values()].filter(({ attestation }) => attestation.type === type).length;
  }
}
