import type { DeviceId } from '../../domain/ids';
import { type Enrolled, GIFT_REFUSALS, GIFT_WARNINGS, startsAnew } from '../../domain/move-plan';
import type { MovePlan } from '../../domain/plan';
import type { MigrateAction } from '../../domain/spec';
import { Names } from './names';

/** Who gets what a spec lets assignments bring: nothing of it is left out without a word. */
export class GiftCheck {
  readonly #individual = new Names();
  readonly #along = new Names();
  #grouped = 0;
  #anew = 0;

  constructor(private readonly action: Pick<MigrateAction, 'payload' | 'initialTwin'>) {}

  take(deviceId: DeviceId, enrolled: Enrolled): void {
    if (enrolled.kind === 'individual') {
      this.#individual.add(deviceId);
      return;
    }
    this.#grouped += 1;
    if (startsAnew(enrolled)) this.#anew += 1;
    else this.#along.add(deviceId);
  }

  /** Why the plan is refused: what is given would count for nobody. */
  get reasons(): string[] {
    const { payload, initialTwin } = this.action;
    if (this.#grouped + this.#individual.named.count === 0) return [];
    return [
      ...(payload && this.#grouped === 0 ? [GIFT_REFUSALS.payload] : []),
      ...(initialTwin && this.#anew === 0 ? [GIFT_REFUSALS.initialTwin] : []),
    ];
  }

  get warnings(): MovePlan['warnings'] {
    const { payload, initialTwin } = this.action;
    const told = [
      ...(payload ? [{ why: GIFT_WARNINGS.payload, devices: this.#individual.named }] : []),
      ...(initialTwin
        ? [
            { why: GIFT_WARNINGS.ownStart, devices: this.#individual.named },
            { why: GIFT_WARNINGS.along, devices: this.#along.named },
          ]
        : []),
    ];
    return told.filter(({ devices }) => devices.count > 0);
  }
}
