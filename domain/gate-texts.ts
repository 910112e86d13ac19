import { percent, type WaveRules } from './gate';
import { healthText } from './health';
import type { Check, Gate, RolloutSpec } from './spec';

const LIMITED = {
  failed: 'failed / finished',
  timedOut: 'timedOut / finished',
  offline: 'offline / (finished + offline)',
} as const satisfies Record<keyof Gate['limits'], string>;

function limitTexts({ failureLimit, limits, minimum }: WaveRules['gate'], verdict: string, when: string): string[] {
  const sample = `once ${minimum} or more have finished`;
  const extra = Object.entries(LIMITED).flatMap(([kind, share]) => {
    const limit = limits[kind as keyof typeof LIMITED];
    return limit === undefined ? [] : [`${when}: ${verdict} when ${share} > ${percent(limit)}, ${sample}`];
  });
  return [`${when}: ${verdict} when (failed + timedOut) / finished > ${percent(failureLimit)}, ${sample}`, ...extra];
}

function targetTexts({ gate, offline }: Pick<WaveRules, 'gate' | 'offline'>): string[] {
  const target = percent(gate.successTarget);
  if (offline === undefined)
    return [`after each wave: proceed when succeeded / (wave - skipped) >= ${target}, else hold`];
  return [
    `after each wave: hold when (wave - skipped - offline) / (wave - skipped) < ${percent(offline.quorum)}`,
    `after each wave: proceed when succeeded / (wave - skipped - offline) >= ${target}, else hold; offline devices go to the catch-up`,
  ];
}

/** What a check asks, in a few words. */
export function checkText(check: Check): string {
  switch (check.kind) {
    case 'webhook':
      return `${check.name}: ask ${check.url}`;
    case 'prometheus':
      return `${check.name}: ${check.query} ${check.is.op} ${check.is.value}`;
    case 'telemetry':
      return `${check.name}: ${healthText(check)}`;
  }
}

/** Every comparison of a spec's gates, as they will be evaluated, one a line. */
export function gateTexts(spec: Pick<RolloutSpec, 'gate' | 'onBreach' | 'offline' | 'rollback' | 'watch'>): string[] {
  const { gate, onBreach, rollback, watch } = spec;
  const moment = ({ kind }: Check): string =>
    gate.soakMs === 0
      ? 'after each wave'
      : kind === 'telemetry'
        ? "after each wave's soak"
        : 'after each wave and its soak';
  const checked = gate.checks.map(
    (check) => `${moment(check)}: check ${checkText(check)}; failed: ${onBreach}, no answer: hold`,
  );
  return [
    ...limitTexts(gate, onBreach, 'after each batch'),
    ...targetTexts(spec),
    ...checked,
    ...(rollback === undefined ? [] : limitTexts(rollback.gate, 'hold', 'in a rollback, after each batch')),
    ...(watch?.failing === undefined
      ? []
      : [`after the end: hold when devices where ${watch.failing.where} / all > ${percent(watch.failing.limit)}`]),
  ];
}
