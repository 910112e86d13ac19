import { quarantineMark } from '../../domain/moves';
import type { JsonObject } from '../../domain/spec';
import { QUARANTINE } from '../support/killable-stack';
import { HOME, INITIAL, type Mover } from './fleet';
import { atHome, type Expected, type Outcome, problemsOf } from './judge';
import type { MoveStand } from './stand';

/** What the rule says of devices that it sets apart. */
const RULE_TAGS = { health: 'bad' };
const FAILURES = 2;

/** One of each enrollment and policy; in their midst, so that they do not come up first or last. */
export const ailingOf = (movers: readonly Mover[]): readonly string[] =>
  movers.slice(4, 8).map(({ deviceId }) => deviceId);

const updateSpec = (name: string): string => `
apiVersion: groundswell/v1
name: ${name}
target: { hubs: [${HOME}], where: "tags.kind = 'mover'" }
action: { method: { name: update } }
executor: direct
waves: [rest]
gate: { failureLimit: 100%, successTarget: 0% }
batch: { size: 50 }
retry: { attempts: ${FAILURES + 1}, on: [failed], backoff: { first: 0s } }
quarantine: { after: ${FAILURES}, tags: ${JSON.stringify(RULE_TAGS)}, hub: ${QUARANTINE} }
`;

/** Wave 2 begins when a person says so. */
const releaseSpec = (name: string, approvals: string): string => `
apiVersion: groundswell/v1
name: ${name}
target: { hubs: [${QUARANTINE}], where: is_defined(tags.groundswell.quarantine) }
action: { migrate: { to: origin, arriveWithin: 2m } }
waves: [3, rest]
gate: { failureLimit: 0%, successTarget: 100% }
batch: { size: 50 }
approvals: ${approvals}
rollback: true
`;

interface Apart {
  readonly stand: MoveStand;
  readonly ailing: readonly string[];
  /** The rollout that has set them apart. */
  readonly by: string;
}

/** A device's twin where it is set apart, but for its mark, which says when. */
const setApart =
  (ailing: readonly string[]): Expected =>
  (mover) => {
    if (!ailing.includes(mover.deviceId)) return atHome(mover);
    const { tags, desired } = mover.policy === 'migrate' ? mover : INITIAL;
    return { hub: QUARANTINE, tags: { ...tags, ...RULE_TAGS }, desired };
  };

/** Tags of the rule stay, but where the enrollment gives its initial twin again. */
const released =
  (ailing: readonly string[]): Expected =>
  (mover) => {
    const { hub, tags, desired } = atHome(mover);
    if (!ailing.includes(mover.deviceId)) return { hub, tags, desired };
    return mover.policy === 'migrate' ? { hub, tags: { ...tags, ...RULE_TAGS }, desired } : { hub, ...INITIAL };
  };

/** The outcome without the product's own tags: what they say is judged by itself. */
const bare = (outcome: Outcome): Outcome => ({
  ...outcome,
  twins: Object.fromEntries(
    Object.entries(outcome.twins).map(([hub, twins]) => [
      hub,
      twins.map((twin) => ({
        ...twin,
        tags: Object.fromEntries(Object.entries(twin.tags).filter(([name]) => name !== 'groundswell')),
      })),
    ]),
  ),
});

/** Who is set apart has a mark that leads home, and nobody else has one. */
function markProblems({ twins }: Outcome, apart: readonly string[], by: string): string[] {
  return Object.values(twins)
    .flat()
    .flatMap(({ deviceId, tags }) => {
      const mark = quarantineMark(tags as JsonObject);
      const isRight = apart.includes(deviceId)
        ? mark?.['from'] === HOME && mark['rolloutId'] === by
        : mark === undefined;
      return isRight ? [] : [`${deviceId} has the mark ${JSON.stringify(mark)}`];
    });
}

/** Enrollments of their own lead to where the devices are. */
async function pointingProblems({ stand }: Apart, expected: Expected): Promise<string[]> {
  const own = stand.movers.filter(({ enrolled }) => enrolled === 'individual');
  const found = await stand.pointings(own.map(({ deviceId }) => deviceId));
  return own.flatMap((mover) => {
    const [host, ...others] = found[mover.deviceId] ?? [];
    const wanted = `${expected(mover).hub}.azure-devices.test`;
    return host === wanted && others.length === 0
      ? []
      : [`${mover.deviceId} is pointed to ${String(host)}, not ${wanted}`];
  });
}

async function judged(apart: Apart, expected: Expected, marked: readonly string[]): Promise<string[]> {
  const outcome = await apart.stand.outcome();
  return [
    ...problemsOf(bare(outcome), expected),
    ...markProblems(outcome, marked, apart.by),
    ...(await pointingProblems(apart, expected)),
  ];
}

/** The list of a rollout's devices, and the story of one, say where they have gone. */
async function namingProblems({ stand, ailing, by }: Apart): Promise<string[]> {
  const words = `moved to the quarantine hub ${QUARANTINE}`;
  const { stdout } = await stand.stack.groundswell('rollout', 'devices', by, '--json');
  const listed = stdout
    .split('\n')
    .filter((line) => line.includes(words))
    .map((line) => (JSON.parse(line) as { deviceId: string }).deviceId)
    .sort();
  const same = listed.join() === [...ailing].sort().join();
  const [one = ''] = ailing;
  const story = await stand.stack.groundswell('device', one);
  return [
    ...(same ? [] : [`set apart are listed: ${listed.join(', ')}; should be ${ailing.join(', ')}`]),
    ...(story.stdout.includes(words)
      ? []
      : [`the story of ${one} does not tell of it: ${story.stdout}${story.stderr}`]),
  ];
}

async function rested(stand: MoveStand, rolloutId: string, wanted: string): Promise<string[]> {
  const { status, why } = await stand.rest(rolloutId);
  return status === wanted ? [] : [`${rolloutId} is ${status}: ${why}`];
}

/** Devices that fail twice are set apart, a release of them is taken back, and another one brings them home. */
export async function quarantine(stand: MoveStand, rolloutId: string): Promise<readonly string[]> {
  const ailing = ailingOf(stand.movers);
  const apart: Apart = { stand, ailing, by: rolloutId };
  await stand.start(rolloutId, updateSpec(rolloutId));
  const [went, back] = [`${rolloutId}-undone`, `${rolloutId}-released`];
  const first = [
    ...(await rested(stand, rolloutId, 'completed')),
    ...(await judged(apart, setApart(ailing), ailing)),
    ...(await namingProblems(apart)),
  ];
  if (first.length > 0) return first;

  await stand.start(went, releaseSpec(went, '{ before: [2] }'));
  await stand.waits(went, 'approval');
  await stand.order('rollback', went, '--reason', 'of this test');
  const undone = [...(await rested(stand, went, 'rolledBack')), ...(await judged(apart, setApart(ailing), ailing))];
  if (undone.length > 0) return undone.map((problem) => `after the release was undone: ${problem}`);

  await stand.start(back, releaseSpec(back, 'false'));
  return [...(await rested(stand, back, 'completed')), ...(await judged(apart, released(ailing), []))];
}
