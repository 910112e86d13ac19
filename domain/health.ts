import { percent } from './gate';
import type { Comparison, HealthMeasure, HealthRule, Range } from './spec';

/** Some devices, and what was measured of them. */
export interface Side {
  /** Those that the value is made from. */
  readonly devices: number;
  /** None without a device. */
  readonly value?: number;
}

/** What a rule is judged by. A side that the rule does not ask about may be missing. */
export interface Measured {
  readonly wave: Side;
  /** `nobody`: the rollout leaves no device of its hubs untouched. */
  readonly untouched?: Side | 'nobody';
  readonly past?: Side;
}

export interface HealthVerdict {
  readonly kind: 'passed' | 'failed' | 'inconclusive';
  /** The comparisons as they were evaluated, with their numbers. */
  readonly reason: string;
  /** `failed` only: on which side of its bound the value is. */
  readonly side?: 'above' | 'below';
}

export const isShare = ({ kind }: HealthMeasure): boolean => kind === 'rejected' || kind === 'missing';

/** @example measureText({ kind: 'quantile', field: 'hPa', at: 0.95 }) // => '95% quantile of hPa' */
export function measureText(measure: HealthMeasure): string {
  switch (measure.kind) {
    case 'rejected':
      return 'rejected messages';
    case 'missing':
      return 'missing devices';
    case 'mean':
      return `mean ${measure.field}`;
    case 'quantile':
      return `${percent(measure.at)} quantile of ${measure.field}`;
  }
}

/** Digits that people compare by; a share keeps two decimals of a per cent. */
const numberText = (value: number): string => String(Number(value.toPrecision(6)));
const amountText = (value: number, measure: HealthMeasure): string =>
  isShare(measure) ? percent(value) : numberText(value);

function rangeText(range: Range, text: (value: number) => string): string {
  return range.op === 'to' ? `${text(range.least)} to ${text(range.most)}` : `${range.op} ${text(range.value)}`;
}

// Sums and quotients of floating-point numbers round: what is exactly at its bound must be within it.
const MARGIN = 1e-9;
const slack = (bound: number): number => MARGIN * Math.max(1, Math.abs(bound));

/** Where a value stands to a range; NaN is in none. */
function sideOf(value: number, range: Range): 'within' | 'above' | 'below' {
  switch (range.op) {
    case '<':
      return value < range.value - slack(range.value) ? 'within' : 'above';
    case '<=':
      return value <= range.value + slack(range.value) ? 'within' : 'above';
    case '>':
      return value > range.value + slack(range.value) ? 'within' : 'below';
    case '>=':
      return value >= range.value - slack(range.value) ? 'within' : 'below';
    case 'to':
      if (value > range.most + slack(range.most)) return 'above';
      return value >= range.least - slack(range.least) ? 'within' : 'below';
  }
}

/** One comparison of a rule, evaluated. `left out`: there is nobody to compare with, and there cannot be. */
interface Answer extends Omit<HealthVerdict, 'kind'> {
  readonly kind: HealthVerdict['kind'] | 'left out';
}

const answered = (value: number, range: Range, said: string, text: (value: number) => string): Answer => {
  const side = sideOf(value, range);
  const reason = `${said}, ${side === 'within' ? '' : 'not '}${rangeText(range, text)}`;
  return side === 'within' ? { kind: 'passed', reason } : { kind: 'failed', reason, side };
};

const few = (who: string, { devices }: Side, minimum: number): Answer => ({
  kind: 'inconclusive',
  reason: `${devices} ${who} with data, ${minimum} are needed`,
});

const REFERENCES = {
  untouched: { few: 'untouched devices', is: 'untouched devices have' },
  past: { few: 'devices of the wave with a past', is: 'before the wave it was' },
} as const;

function ratioAnswer({ measure }: HealthRule, value: number, base: number, range: Range, said: string): Answer {
  if (base < 0 || (base === 0 && !isShare(measure))) {
    return { kind: 'inconclusive', reason: `${said}: a ratio needs a reference above 0; use difference` };
  }
  // Nothing beside nothing is the same; something beside nothing is more than any number of times.
  const ratio = base === 0 ? (value === 0 ? 1 : Infinity) : value / base;
  const times = `${ratio === Infinity ? 'more than any number of' : numberText(ratio)} times that`;
  return answered(ratio, range, `${said}: ${times}`, numberText);
}

function compared(
  rule: HealthRule,
  wave: Side,
  name: 'untouched' | 'past',
  side: Side,
  comparison: Comparison,
): Answer[] {
  const { measure, minimum } = rule;
  const reference = REFERENCES[name];
  if (side.devices < minimum || side.value === undefined) return [few(reference.few, side, minimum)];
  if (wave.value === undefined) return [];
  const [value, base] = [wave.value, side.value];
  const amount = (number: number): string => amountText(number, measure);
  const said = `${amount(value)}, ${reference.is} ${amount(base)} (${side.devices} devices)`;
  const { difference, ratio } = comparison;
  return [
    ...(difference
      ? [answered(value - base, difference, `${said}: a difference of ${amount(value - base)}`, amount)]
      : []),
    ...(ratio ? [ratioAnswer(rule, value, base, ratio, said)] : []),
  ];
}

/** Where nobody is untouched any more, the rest of the rule decides. */
const NOBODY: Answer = {
  kind: 'left out',
  reason: 'not compared with untouched devices, since the rollout leaves none of these hubs untouched',
};

function answersOf(rule: HealthRule, { wave, untouched, past }: Measured): Answer[] {
  const { measure, minimum, value } = rule;
  if (wave.devices < minimum || wave.value === undefined) return [few('devices of the wave', wave, minimum)];
  const amount = (number: number): string => amountText(number, measure);
  const none = { devices: 0 };
  return [
    ...(value ? [answered(wave.value, value, amount(wave.value), amount)] : []),
    ...(rule.untouched
      ? untouched === 'nobody'
        ? [NOBODY]
        : compared(rule, wave, 'untouched', untouched ?? none, rule.untouched)
      : []),
    ...(rule.past ? compared(rule, wave, 'past', past ?? none, rule.past) : []),
  ];
}

/**
 * Judges what was measured: one comparison that does not hold fails the rule, whatever the others say; else one that could not
 * be made is inconclusive; else the rule has passed.
 */
export function judgeHealth(rule: HealthRule, measured: Measured): HealthVerdict {
  const answers = answersOf(rule, measured);
  const of = (kind: Answer['kind']): Answer[] => answers.filter((answer) => answer.kind === kind);
  const what = `${measureText(rule.measure)} of ${measured.wave.devices} devices`;
  const said = (told: readonly Answer[]): string => `${what}: ${told.map(({ reason }) => reason).join('; ')}`;
  const [failed, open, passed] = [of('failed'), of('inconclusive'), of('passed')];
  const [first] = failed;
  if (first !== undefined) return { kind: 'failed', reason: said(failed), ...(first.side && { side: first.side }) };
  if (open.length > 0 || passed.length === 0) {
    return { kind: 'inconclusive', reason: said(open.length > 0 ? open : answers) };
  }
  return { kind: 'passed', reason: said(answers) };
}

/** What a rule asks, in a few words. */
export function healthText(rule: HealthRule): string {
  const { measure, value, untouched, past, minimum } = rule;
  const amount = (number: number): string => amountText(number, measure);
  const texts = (who: string, comparison: Comparison | undefined): string[] => [
    ...(comparison?.difference ? [`minus ${who} ${rangeText(comparison.difference, amount)}`] : []),
    ...(comparison?.ratio ? [`divided by ${who} ${rangeText(comparison.ratio, numberText)}`] : []),
  ];
  const asked = [
    ...(value ? [rangeText(value, amount)] : []),
    ...texts('untouched devices', untouched),
    ...texts('its own past', past),
  ];
  return `${measureText(measure)} ${asked.join(', ')}; each side ${minimum} devices or more`;
}
