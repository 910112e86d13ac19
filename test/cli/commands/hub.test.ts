import { hubText } from '../../../cli/commands/hub';
import { queryOf } from '../../../cli/rollout/list';
import { claim, freshArbiter, request } from '../../../domain/arbiter';
import { hubNameOf, type RolloutId } from '../../../domain/ids';

it('shows who holds slots, who waits in which order, and who changes the hub', () => {
  const ask = { slots: 1, of: 1, priority: 3, fence: 1 };
  const [a, b] = ['lock-doors', 'move-in'] as RolloutId[] as [RolloutId, RolloutId];
  const held = request(freshArbiter(hubNameOf('west')), { ...ask, id: 'a', rolloutId: a }, '2026-11-21T10:00:00.000Z');
  const state = request(held, { ...ask, id: 'b', rolloutId: b }, '2026-11-21T10:01:00.000Z');

  expect(hubText(claim(state, a))).toBe(
    [
      'hub west: 1 job slot, 0 free',
      '  holds  lock-doors  1 slot, priority 3, since 2026-11-21 10:00:00Z (a)',
      '  waits  move-in  1 slot, priority 3, since 2026-11-21 10:01:00Z (b)',
      'changed by: lock-doors',
    ].join('\n'),
  );
});

it.each([
  [{}, 'WorkflowType = "rollout"'],
  [
    { state: 'held', hub: 'west', requester: 'ada' } as const,
    'WorkflowType = "rollout" AND GroundswellState = "held" AND ExecutionStatus = "Running" AND GroundswellHubs = "west" AND GroundswellRequester = "ada"',
  ],
  [{ state: 'completed' } as const, 'WorkflowType = "rollout" AND GroundswellState = "completed"'],
])('asks for a list by %j', (filter, query) => {
  expect(queryOf({ ...filter, limit: 1 })).toBe(query);
});
