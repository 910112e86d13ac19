import { seeded } from '../../emulator/world/random';
import { type Part, PARTS } from '../support/killable-stack';

/** One process killed, and started again after a while. Times are ms from the rollout's start. */
export interface Kill {
  readonly at: number;
  readonly part: Part;
  readonly downMs: number;
}

/** What persons do to the rollout meanwhile. */
export type Control = { readonly kind: 'none' } | { readonly kind: 'abort' | 'pauseAndResume'; readonly at: number };

export interface Schedule {
  readonly kills: readonly Kill[];
  readonly control: Control;
}

const MOST_DOWN_MS = 3_000;
/** Share of the kills that take another part with them. */
const BOTH = 0.25;

/**
 * Who is killed when: one to four times, uniformly over what the undisturbed run took; sometimes two at once. Of ten
 * seeds one aborts and one pauses and resumes.
 *
 * @param forMs what the undisturbed run took
 */
export function scheduleOf(seed: number, forMs: number): Schedule {
  const random = seeded(seed);
  const pick = (): Part => PARTS[Math.floor(random() * PARTS.length)] ?? 'worker';
  const times = 1 + Math.floor(random() * 4);
  const kills = Array.from({ length: times }, (): Kill[] => {
    const [at, part, downMs] = [random() * forMs, pick(), random() * MOST_DOWN_MS];
    const first = { at, part, downMs };
    const others = PARTS.filter((each) => each !== part);
    const second = others[Math.floor(random() * others.length)];
    return random() < BOTH && second !== undefined
      ? [first, { at, part: second, downMs: random() * MOST_DOWN_MS }]
      : [first];
  }).flat();
  const at = random() * forMs * 0.8;
  const control = CONTROLS[seed % 10];
  return {
    kills: kills.sort((a, b) => a.at - b.at),
    control: control === undefined ? { kind: 'none' } : { kind: control, at },
  };
}

const CONTROLS: Readonly<Record<number, 'abort' | 'pauseAndResume'>> = {
  3: 'abort',
  6: 'pauseAndResume',
  9: 'pauseAndResume',
};

const seconds = (ms: number): string => (ms / 1_000).toFixed(1);

export const scheduleText = ({ kills, control }: Schedule): string =>
  [
    ...kills.map(({ at, part, downMs }) => `${part}@${seconds(at)}+${seconds(downMs)}`),
    ...(control.kind === 'none' ? [] : [`${control.kind}@${seconds(control.at)}`]),
  ].join(' ');
