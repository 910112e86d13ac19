import type { Measured } from '../../domain/health';
import type { HubName } from '../../domain/ids';
import type { HealthRule } from '../../domain/spec';
import { Examples, missingSample, SideSum, type Span, sampleOf, windowsWithin } from './measures';
import { membersOf, type Membership, type Planned, plannedCount } from './members';
import type { SendingDevice, TelemetrySource } from './source';

/** Devices between two signs of life. */
const BEAT_EVERY = 1_000;
/** Devices that are named. */
const NAMED = 5;

/** What is measured, of whom and when. Times are ms since 1970. */
export interface Question {
  readonly rule: HealthRule;
  readonly planned: Planned;
  readonly hubs: readonly HubName[];
  /** When the wave's first device was begun, and when its last one had ended. */
  readonly changedFromMs: number;
  readonly changedToMs: number;
}

/** What was found, beside the numbers that the rule is judged by. */
export interface Found {
  readonly measured: Measured;
  readonly examples: Examples;
  /** Hubs with devices of the wave of which nothing newer than the change is known, and what the newest is. */
  readonly stale: readonly { readonly hub: HubName; readonly newestMs?: number }[];
}

/** From when on messages are of devices that have changed and come to rest. */
export const sinceOf = ({ changedToMs, rule }: Pick<Question, 'changedToMs' | 'rule'>): number =>
  changedToMs + rule.graceMs;

/** The spans that are looked at. A window counts only when it lies wholly in one of them. */
export function spansOf(question: Question): { readonly since: Span; readonly past: Span } {
  const { rule, changedFromMs } = question;
  const { forMs } = rule.past ?? { forMs: 0 };
  return {
    since: { fromMs: sinceOf(question), toMs: Infinity },
    past: { fromMs: changedFromMs - forMs, toMs: changedFromMs },
  };
}

/** How long before the change a device must have been heard for it to be missed. */
const HEARD_MS = 3_600_000;

function sampleSince(question: Question, device: SendingDevice) {
  const { rule, changedFromMs } = question;
  return rule.measure.kind === 'missing'
    ? missingSample(device, { fromMs: changedFromMs - HEARD_MS, toMs: sinceOf(question) })
    : sampleOf(rule.measure, windowsWithin(device, spansOf(question).since));
}

/** Sums up the sides of a question over all devices that have ever sent something. */
class Sums {
  readonly #sides: Readonly<Record<'wave' | 'untouched' | 'past', SideSum>>;
  readonly examples = new Examples(NAMED);
  /** Untouched devices that have ever sent something. */
  #untouched = 0;

  constructor(private readonly question: Question) {
    const { measure } = question.rule;
    this.#sides = { wave: new SideSum(measure), untouched: new SideSum(measure), past: new SideSum(measure) };
  }

  add(hub: HubName, device: SendingDevice, membership: Membership): void {
    if (membership === 'touched') return;
    if (membership === 'untouched') this.#untouched += 1;
    const sample = sampleSince(this.question, device);
    if (sample !== undefined) {
      this.#sides[membership].add(sample);
      if (membership === 'wave') this.examples.add({ hub, deviceId: device.deviceId, value: sample.value });
    }
    if (membership === 'wave' && this.question.rule.past !== undefined) this.#addPast(device);
  }

  #addPast(device: SendingDevice): void {
    const sample = sampleOf(this.question.rule.measure, windowsWithin(device, spansOf(this.question).past));
    if (sample !== undefined) this.#sides.past.add(sample);
  }

  get measured(): Measured {
    const { wave, untouched, past } = this.#sides;
    const { planned, hubs } = this.question;
    const left = hubs.some((hub) => plannedCount(planned, hub, 'untouched') > 0);
    const nobody = this.#untouched === 0 && !left;
    return { wave: wave.side, untouched: nobody ? 'nobody' : untouched.side, past: past.side };
  }
}

/**
 * Measures what a rule asks, in one pass over the telemetry of the target's hubs.
 *
 * @param folder for temporary files
 * @param alive  called now and then, with the number of devices so far
 */
export async function measure(
  question: Question,
  source: TelemetrySource,
  {
    folderOf,
    alive,
  }: { readonly folderOf: (hub: HubName) => Promise<string>; readonly alive: (devices: number) => Promise<void> },
): Promise<Found> {
  const sums = new Sums(question);
  const stale: { hub: HubName; newestMs?: number }[] = [];
  let devices = 0;
  for (const hub of question.hubs) {
    let newestMs = -Infinity;
    for await (const { device, membership } of membersOf(question.planned, source, hub, await folderOf(hub))) {
      sums.add(hub, device, membership);
      newestMs = Math.max(newestMs, device.lastSeenMs);
      devices += 1;
      if (devices % BEAT_EVERY === 0) await alive(devices);
    }
    if (plannedCount(question.planned, hub, 'wave') === 0 || newestMs >= sinceOf(question)) continue;
    stale.push({ hub, ...(newestMs > 0 && { newestMs }) });
  }
  return { measured: sums.measured, examples: sums.examples, stale };
}
