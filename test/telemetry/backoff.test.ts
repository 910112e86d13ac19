import { backoffMs } from '../../telemetry/backoff';

const rules = { retryBaseMs: 20, retryCapMs: 2_000 };

it.each([
  [1, 20, 40],
  [3, 20, 160],
  [6, 20, 1_280],
  [7, 20, 2_000],
  [99, 20, 2_000],
])('waits for try %d from %d to %d ms', (attempt, least, most) => {
  expect(backoffMs(attempt, rules, () => 0)).toBe(least);
  expect(backoffMs(attempt, rules, () => 1)).toBe(most);
});
