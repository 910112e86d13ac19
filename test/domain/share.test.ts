import fc from 'fast-check';
import { hubNameOf, type RolloutId } from '../../domain/ids';
import { type BatchRef, jobIdOf, operationIdOf, shareIdOf } from '../../domain/share';

const at = (change: Partial<BatchRef> = {}): BatchRef => ({
  rolloutId: 'lock-doors' as RolloutId,
  pass: 'wave',
  wave: 2,
  part: 1,
  hub: hubNameOf('west'),
  batch: 3,
  attempt: 1,
  ...change,
});

it('names jobs by where they belong', () => {
  expect(jobIdOf(at())).toBe('lock-doors-w2-p1-b3-a1');
  expect(jobIdOf(at({ pass: 'rollback' }))).toBe('lock-doors-r2-p1-b3-a1');
  expect(jobIdOf(at({ pass: 'catchUp', wave: 0 }), 1)).toBe('lock-doors-c0-p1-b3-a1-n2');
  expect(shareIdOf(at())).toBe('lock-doors-w2-p1');
  expect(operationIdOf(at(), 'door-1' as never)).toBe('lock-doors.wave2.1.door-1');
});

it('keeps job ids within what a hub accepts, and apart for rollouts that differ only at their end', () => {
  const long = (end: string): RolloutId => `${'a'.repeat(55)}-${end}` as RolloutId;
  fc.assert(
    fc.property(fc.nat(500), fc.nat(100_000), fc.integer({ min: 1, max: 10 }), (wave, batch, attempt) => {
      const ids = ['one', 'two'].map((end) => jobIdOf(at({ rolloutId: long(end), wave, batch, attempt })));

      for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9-]{1,64}$/);
      expect(new Set(ids).size).toBe(2);
    }),
  );
});
